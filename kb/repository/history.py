"""What was committed: the files of one commit, and the commits of kb's passes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from kb.repository.command import GitFailed, run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

Status = Literal["A", "M", "D"]
_NO_BLOB = "0"
_CONVERTING = ("text", "eol", "crlf", "ident", "filter", "working-tree-encoding")


@dataclass(frozen=True, slots=True)
class Change:
    """One file of a commit: the bytes, as they are on disk, before and after it."""

    path: str
    status: Status
    before: bytes | None
    after: bytes | None


@dataclass(frozen=True, slots=True)
class Recorded:
    """A commit of kb's."""

    sha: str
    subject: str
    trailers: Mapping[str, tuple[str, ...]]
    """By name in lower case, e.g. `{"kb-pass": ("2025-03-06",)}`."""

    @property
    def undoes(self) -> tuple[str, ...]:
        """The commits that this one takes back (`kb-undoes`)."""
        return self.trailers.get("kb-undoes", ())


def changes_of(root: Path, prefix: str, commit: str) -> list[Change]:
    """The files below `prefix` that `commit` changed against its first parent, sorted by path."""
    out = _ask(
        root,
        *("diff-tree", "-r", "-z", "--no-renames", "--no-commit-id", "--root", "-m"),
        *("--first-parent", "--end-of-options", commit),
    )
    fields = out.split("\0")
    raw: list[tuple[str, Status, str, str]] = []
    for about, path in zip(fields[0::2], fields[1::2], strict=False):
        _, _, before, after, status = about.split(" ")
        if path.startswith(prefix):
            kind = cast("Status", status if status in {"A", "D"} else "M")
            raw.append((path.removeprefix(prefix), kind, before, after))
    blobs = _blobs(root, {sha for _, _, *both in raw for sha in both if sha.strip(_NO_BLOB)})
    converted = _converted(root, [path for path, *_ in raw])

    def on_disk(path: str, sha: str) -> bytes | None:
        if sha not in blobs:
            return None
        return _filtered(root, prefix + path, sha) if path in converted else blobs[sha]

    return [
        Change(path, status, on_disk(path, before), on_disk(path, after))
        for path, status, before, after in sorted(raw)
    ]


def with_trailer(root: Path, trailer: str, limit: int) -> list[Recorded]:
    """Commits that changed files below `root` and have the trailer, newest first."""
    answer = run(
        root,
        [
            *(
                "log",
                "-z",
                "--no-show-signature",
                f"--max-count={limit}",
                "--format=%H%x01%s%x01%(trailers:only,unfold)",
            ),
            *("--regexp-ignore-case", "--extended-regexp", f"--grep=^{trailer}:"),
            *("HEAD", "--", "."),
        ],
    )
    if answer.code != 0:  # no commit yet
        return []
    found = []
    for entry in filter(None, answer.text.split("\0")):
        sha, subject, block = entry.split("\1")
        trailers: dict[str, tuple[str, ...]] = {}
        for line in block.splitlines():
            name, colon, value = line.partition(":")
            if colon:
                key = name.strip().lower()
                trailers[key] = (*trailers.get(key, ()), value.strip())
        if trailer.lower() in trailers:
            found.append(Recorded(sha, subject, trailers))
    return found


def _blobs(root: Path, shas: set[str]) -> dict[str, bytes]:
    """Contents of blobs, by id. A submodule's commit has none here and is left out."""
    asked = sorted(shas)
    answer = run(root, ["cat-file", "--batch"], feed="".join(f"{sha}\n" for sha in asked).encode())
    if answer.code != 0:
        raise GitFailed(f"git cat-file in {root}", answer.said, "see `git fsck`")
    found: dict[str, bytes] = {}
    at = 0
    for sha in asked:
        end = answer.out.index(b"\n", at)
        words = answer.out[at:end].split()
        at = end + 1
        if words[1] != b"missing":
            size = int(words[2])
            if words[1] == b"blob":
                found[sha] = answer.out[at : at + size]
            at += size + 1
    return found


def _converted(root: Path, paths: Sequence[str]) -> set[str]:
    """Paths whose bytes on disk are not those git keeps (line ends, filters)."""
    if run(root, ["config", "--get", "core.autocrlf"]).text.strip() == "true":
        return set(paths)
    answer = run(
        root,
        ["check-attr", "-z", "--stdin", *_CONVERTING],
        feed="".join(f"{path}\0" for path in paths).encode("utf-8", "surrogateescape"),
    )
    fields = answer.text.split("\0")
    triples = zip(fields[0::3], fields[1::3], fields[2::3], strict=False)
    return {path for path, _, value in triples if value not in {"unspecified", "unset"}}


def _filtered(root: Path, path: str, sha: str) -> bytes:
    answer = run(root, ["cat-file", "--filters", f"--path={path}", sha])
    if answer.code != 0:
        raise GitFailed(f"git cat-file --filters {path}", answer.said, "see what git says")
    return answer.out


def _ask(root: Path, *arguments: str) -> str:
    answer = run(root, arguments)
    if answer.code != 0:
        raise GitFailed(f"git {arguments[0]} in {root}", answer.said, "see what git says")
    return answer.text
