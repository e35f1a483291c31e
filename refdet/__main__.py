"""``python -m refdet``: the same as the console script ``refdet``."""

import sys

from refdet.cli import main

if __name__ == "__main__":
    sys.exit(main())
