"""``python -m arabic_conflict_nlp``."""

import sys

from .cli import main

sys.exit(main())
