"""Parkinson's disease and its treatments in the two-pathway model: experiments and findings.

``patients`` says what health, depletion, levodopa, pallidotomy and stimulation are in the model,
``drawing`` and ``reaching`` hold the experiments, ``findings`` the tests of direction against what
has been published. All constants that the literature does not fix are assumptions; they are named
where they are defined, and those that matter are varied.
"""
