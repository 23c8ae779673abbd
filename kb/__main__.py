"""`python -m kb` and the console script `kb`."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Runs the command line and leaves with its exit code."""
    # Imports make many objects that stay; looking through them again is a tenth of the start.
    gc.disable()
    from kb.cli import run

    gc.enable()
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
