"""`python -m lrec` is `lrec`."""

import sys

from lrec.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
