"""Training programs: one module a program, see ``training/README.md``."""
