"""Learning rules, one a file: equation, parameters and compiled step side by side."""

from neurosim.rules._base import Rule
from neurosim.rules.force import Force
from neurosim.rules.ridge import Ridge
from neurosim.rules.rmhl import Rmhl
from neurosim.rules.supertrex import Supertrex

__all__ = ["RULES", "Force", "Ridge", "Rmhl", "Rule", "Supertrex"]

RULES: dict[str, type[Rule]] = {rule.name: rule for rule in (Supertrex, Rmhl, Force, Ridge)}
"""All rules by their names on the command line."""
