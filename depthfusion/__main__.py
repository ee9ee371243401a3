"""`python -m depthfusion`."""

import sys

from depthfusion.cli import main

if __name__ == "__main__":
    sys.exit(main())
