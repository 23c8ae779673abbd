"""The files that travel with kb: what `kb init` puts down, the bundled sample, the prompts."""

from __future__ import annotations

import atexit
import hashlib
from contextlib import ExitStack
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from kb import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

SAMPLE = "sample/papers.jsonl"


def template_file(name: str) -> bytes:
    """The bytes of one file of `vault_template/`, named by its POSIX path below it.

    Raises FileNotFoundError where the template has no such file.
    """
    return _file(_folder("vault_template"), name).read_bytes()


def template_files() -> dict[str, bytes]:
    """Every file of `vault_template/` by its POSIX path below it, sorted; the sample included."""
    found = _walk(_folder("vault_template"), "")
    return dict(sorted((path, file.read_bytes()) for path, file in found))


def prompt(name: str) -> str:
    """The text of one file of `prompts/`, e.g. `scales.md`.

    Raises FileNotFoundError where there is none of that name.
    """
    return _file(_folder("prompts"), name).read_text(encoding="utf-8")


@cache
def sample_path() -> Path:
    """Where the bundled sample lies on disk: JSON lines, one invented paper a line.

    From a zipped install it is unpacked to a temporary file that lives as long as the process.
    """
    unpacked = ExitStack()
    atexit.register(unpacked.close)
    sample = _file(_folder("vault_template"), SAMPLE)
    return unpacked.enter_context(resources.as_file(sample))


@cache
def build() -> str:
    """Which program this is: equal as long as no file of it has changed."""
    package = resources.files("kb")
    files = sorted(package.rglob("*.py")) if isinstance(package, Path) else []
    told = [(file.name, (about := file.stat()).st_size, about.st_mtime_ns) for file in files]
    return hashlib.blake2b(repr((__version__, told)).encode(), digest_size=8).hexdigest()


@cache
def _folder(name: str) -> Traversable:
    """`kb/_data/NAME` of a wheel; NAME beside the package in a checkout or an editable install."""
    package = resources.files("kb")
    if (data := package.joinpath("_data", name)).is_dir():
        return data
    if isinstance(package, Path) and (beside := package.parent / name).is_dir():
        return beside
    raise FileNotFoundError(
        f"{name}/ is neither inside the installed package nor beside it; install kb again"
    )


def _file(folder: Traversable, name: str) -> Traversable:
    parts = name.split("/")
    if any(part in {"", ".", ".."} for part in parts):
        raise FileNotFoundError(f"{name!r} is not a path below {folder.name}/")
    file = folder.joinpath(*parts)
    if not file.is_file():
        raise FileNotFoundError(f"kb comes with no {folder.name}/{name}; install kb again")
    return file


def _walk(folder: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _walk(entry, f"{prefix}{entry.name}/")
        else:
            yield f"{prefix}{entry.name}", entry
