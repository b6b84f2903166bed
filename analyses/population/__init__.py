"""What a population of neurons does, recorded or simulated; all on one labelled form.

It is that of :mod:`analyses.population.form`.
"""
