"""Figures and tables, one file a paper."""
