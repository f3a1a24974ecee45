"""Every exception that the library raises on purpose.

    ConflictNLPError
    +-- InputError              an article or input file that cannot be used
    +-- AnnotationError         an annotated line that breaks a rule of the format
    +-- ModelError              a model folder that is broken, foreign or incomplete
    +-- OutputError             an output that cannot be written
    +-- MissingExtraError       an optional dependency that is not installed

A message says what was found, where, and what to do.
"""

from __future__ import annotations


class ConflictNLPError(Exception):
    """Root of all errors raised by this library."""


class InputError(ConflictNLPError):
    """An article or an input file cannot be used."""


class AnnotationError(ConflictNLPError):
    """An annotated line breaks a rule of the annotation format."""


class ModelError(ConflictNLPError):
    """A model folder is broken, foreign or incomplete."""


class OutputError(ConflictNLPError):
    """An output cannot be written."""


class MissingExtraError(ConflictNLPError, ImportError):
    """An optional dependency is needed and not installed."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs the package {package!r}, which is not installed: pip install 'arabic-conflict-nlp[{extra}]'"
        )
