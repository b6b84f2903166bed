"""Figures and tables, one file a paper or study."""

from analyses.figures.studies import CATALOGUE

STUDIES = {name: f"{study.title} ({study.cost})" for name, study in CATALOGUE.items()}
"""What can be reproduced and what it costs, each by a module of this package."""
