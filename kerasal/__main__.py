"""`python -m kerasal`, the same as the command `kerasal`."""

import sys

from kerasal.command_line.main import main

if __name__ == "__main__":
    sys.exit(main())
