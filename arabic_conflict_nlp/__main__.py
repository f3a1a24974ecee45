"""``python -m arabic_conflict_nlp``."""

from .cli import entry_point

entry_point()
