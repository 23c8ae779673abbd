"""Tables of a large ledger, kept small: hundreds of thousands of papers that are seldom asked for.

They behave as the sets and dicts they stand for; what is rarely read is unpacked when it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from functools import lru_cache
from typing import Any

from kb.core import jsonlines


class PaperIds(Set[str]):
    """Ids in the order given, each once, as one text with an id a line."""

    __slots__ = ("_count", "_lines")

    def __init__(self, ids: Iterable[str] = ()) -> None:
        """Raises TypeError for what is not text, ValueError for an id of several lines."""
        each = tuple(ids)
        if len(set(each)) < len(each):
            each = tuple(dict.fromkeys(each))
        self._count = len(each)
        self._lines = "\n".join(("", *each, "")) if each else ""
        if each and self._lines.count("\n") != self._count + 1:
            raise ValueError("an id of more than one line")

    def __contains__(self, arxiv_id: object) -> bool:
        return self.place(arxiv_id) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines[1:-1].split("\n") if self._count else ())

    def __len__(self) -> int:
        return self._count

    def __repr__(self) -> str:
        return f"PaperIds({[*self]!r})"

    def place(self, arxiv_id: object) -> int | None:
        """Which one it is, from 0; None where it is not among them."""
        if not isinstance(arxiv_id, str) or "\n" in arxiv_id:
            return None
        at = self._lines.find(f"\n{arxiv_id}\n")
        return None if at < 0 else self._lines.count("\n", 0, at)


class Scores(Mapping[str, tuple[int, int]]):
    """Relevance and novelty by paper."""

    __slots__ = ("_novelty", "_relevance", "ids")

    def __init__(self, papers: Iterable[Iterable[Any]] = ()) -> None:
        """From (id, relevance, novelty); of a paper given twice the first counts.

        Raises TypeError or ValueError for anything else, and for scores that are no small numbers.
        """
        ids, relevance, novelty = tuple(zip(*papers, strict=True)) or ((), (), ())
        self.ids = PaperIds(ids)
        if len(self.ids) < len(ids):
            first: dict[str, tuple[Any, Any]] = {}
            for arxiv_id, *scores in zip(ids, relevance, novelty, strict=True):
                first.setdefault(arxiv_id, tuple(scores))
            relevance, novelty = zip(*first.values(), strict=True)
        self._relevance, self._novelty = bytes(relevance), bytes(novelty)

    def __getitem__(self, arxiv_id: str) -> tuple[int, int]:
        place = self.ids.place(arxiv_id)
        if place is None:
            raise KeyError(arxiv_id)
        return self._relevance[place], self._novelty[place]

    def __contains__(self, arxiv_id: object) -> bool:
        return arxiv_id in self.ids

    def __iter__(self) -> Iterator[str]:
        return iter(self.ids)

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        return f"Scores({list(self.triples())!r})"

    def triples(self) -> Iterator[tuple[str, int, int]]:
        return zip(self.ids, self._relevance, self._novelty, strict=True)

    def joined(self, later: Scores) -> Scores:
        """Both; of a paper in both, the scores that stand here count."""
        if not self:
            return later
        return Scores([*self.triples(), *later.triples()]) if later else self


class Reasons(Mapping[str, tuple[tuple[str, ...], str]]):
    """Topics and comment by paper, as JSON."""

    __slots__ = ("_line",)

    def __init__(self, reasons: Mapping[str, tuple[Iterable[str], str]] | None = None) -> None:
        """Raises TypeError, ValueError or AttributeError for what is no such mapping."""
        plain = {}
        for arxiv_id, (topics, comment) in (reasons or {}).items():
            "".join((*topics, comment))  # all of it text
            plain[arxiv_id] = (*topics,), comment
        self._line = jsonlines.quick_dumps(plain) if plain else b""

    @property
    def line(self) -> bytes:
        """All of it, as JSON."""
        return self._line

    def __getitem__(self, arxiv_id: str) -> tuple[tuple[str, ...], str]:
        return _reasons(self._line)[arxiv_id]

    def __iter__(self) -> Iterator[str]:
        return iter(_reasons(self._line))

    def __len__(self) -> int:
        return len(_reasons(self._line))

    def __bool__(self) -> bool:
        return bool(self._line)

    def __repr__(self) -> str:
        return f"Reasons({self._line!r})"

    def joined(self, later: Reasons) -> Reasons:
        """Both; of a paper in both, the reason that stands here counts."""
        if not self:
            return later
        return Reasons({**later, **self}) if later else self


@lru_cache(maxsize=16)
def _reasons(line: bytes) -> dict[str, tuple[tuple[str, ...], str]]:
    """Pages ask for all reasons of one day after the other."""
    if not line:
        return {}
    return {i: (tuple(topics), comment) for i, (topics, comment) in jsonlines.loads(line).items()}


class Judgements(Mapping[str, list[dict[str, Any]]]):
    """Records of the kind `judged` by paper, in order, as the lines they are in the ledger."""

    __slots__ = ("_lines",)

    def __init__(self) -> None:
        self._lines: dict[str, bytes] = {}

    def add(self, arxiv_id: str, line: bytes) -> None:
        """One more, given as a line of JSON without its end."""
        before = self._lines.get(arxiv_id)
        self._lines[arxiv_id] = line if before is None else b"\n".join((before, line))

    def __getitem__(self, arxiv_id: str) -> list[dict[str, Any]]:
        records = map(jsonlines.loads, self._lines[arxiv_id].split(b"\n"))
        return [record | {"by": str(record["by"])} for record in records]

    def __contains__(self, arxiv_id: object) -> bool:
        return arxiv_id in self._lines

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)
