"""Making many objects that stay."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def uncollected(*, staying: bool = False) -> Iterator[None]:
    """Looks for no garbage: among a hundred thousand new objects there is none, and it takes long.

    `staying`: nor is any looked for among them later. Not for what is made again and again.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if staying:
            gc.freeze()
        if was_on:
            gc.enable()
