"""Opening the vault a command is about."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from kb.vault.vault import Vault, find

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from kb.sources.arxiv import ArxivSource
    from kb.sync.options import Progress


@contextlib.contextmanager
def vault_at(path: str | None, *, forgiving: bool = False) -> Iterator[Vault]:
    """The vault named by `path`, `$KB_VAULT` or the folder we are in, open; see `Vault`."""
    with Vault(find(path), forgiving=forgiving) as vault:
        yield vault


def arxiv(progress: Progress, now: Callable[[], datetime]) -> ArxivSource:
    """arXiv, or the mirror that `$KB_ARXIV_URL` names."""
    from kb.sources.arxiv import ArxivSource
    from kb.vault.cache import cache_folder

    return ArxivSource(
        os.environ.get("KB_ARXIV_URL") or None,
        cache_dir=cache_folder() / "arxiv",
        clock=now,
        progress=progress,
    )
