"""`python -m kb` and the console script `kb`."""

from __future__ import annotations

import gc
import sys

_GARBAGE = (50_000, 20, 20)
"""After how many new objects kb looks for garbage, see gc.set_threshold; 700 by default."""


def main() -> None:
    """Runs the command line and leaves with its exit code."""
    # Imports and notes are many objects that stay; looking through them again and again for garbage
    # is a tenth of the start.
    gc.disable()
    from kb.cli import run

    gc.freeze()
    gc.set_threshold(*_GARBAGE)
    gc.enable()
    code = run(sys.argv[1:])
    gc.freeze()  # else all is looked through once more at the end, which takes a quarter of a second
    sys.exit(code)


if __name__ == "__main__":
    main()
