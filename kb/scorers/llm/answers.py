"""Which answers of a reply are sound: for papers that were asked about, each once, and in range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from kb.core.assessments import Assessment
from kb.core.inline import one_line
from kb.core.papers import parse_arxiv_id

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

T = TypeVar("T")

COMMENT_WORDS, SUMMARY_WORDS, LONG_WORDS, POINT_WORDS = 40, 40, 150, 40
"""What is shown; the prompts ask for no more."""
_TOLERATED = 2
"""So many times as long is cut, more is no answer to what was asked."""
_NAMED_TOPICS = 4
_POINTS = 6


class Unsound(ValueError):
    """An answer that is none; `str()` says why."""


def sort_out(
    found: Sequence[Mapping[str, Any]],
    asked: Collection[str],
    read: Callable[[Mapping[str, Any]], T],
) -> tuple[dict[str, T], dict[str, str]]:
    """What `read` makes of each sound answer, by id, and for every other id asked about why there
    is none. Answers about anything else are passed over."""
    by_id: dict[str, list[Mapping[str, Any]]] = {}
    for answer in found:
        if (known := _id(answer.get("id"), asked)) is not None:
            by_id.setdefault(known, []).append(answer)
    sound: dict[str, T] = {}
    why: dict[str, str] = {}
    for each in asked:
        answers = by_id.get(each, [])
        if len(answers) != 1:
            why[each] = "was answered more than once" if answers else "was not answered"
            continue
        try:
            sound[each] = read(answers[0])
        except Unsound as fault:
            why[each] = str(fault)
    return sound, why


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads single answers. When `lenient`, text that is too long is cut and topics that are not
    the reader's are dropped; a score is never mended."""

    topics: Mapping[str, str]
    """The names in Topics.md by how they are compared."""
    model: str = ""
    lenient: bool = False

    def assessment(self, answer: Mapping[str, Any]) -> Assessment:
        return Assessment(
            id=parse_arxiv_id(str(answer["id"])).id,
            relevance=score(answer.get("relevance"), "relevance"),
            novelty=score(answer.get("novelty"), "novelty"),
            topics=self._topics(answer.get("topics")),
            comment=self.text(answer.get("comment"), "comment", COMMENT_WORDS),
            summary=self.text(answer.get("summary"), "summary", SUMMARY_WORDS),
            by=self.model,
        )

    def text(self, value: Any, name: str, words: int, *, needed: bool = False) -> str:
        """One line of at most so many words."""
        if value is None and not needed:
            return ""
        if not isinstance(value, str):
            raise Unsound(f"its {name} is no text")
        line = one_line(value)
        if needed and not line:
            raise Unsound(f"its {name} is empty")
        length = max(len(line.split()), len(line) // 12)
        if length > words * _TOLERATED and not self.lenient:
            raise Unsound(f"its {name} is {length} words long")
        return shortened(line, words)

    def points(self, value: Any, name: str) -> tuple[str, ...]:
        """A few lines; none is possible."""
        if not isinstance(value, list) or (len(value) > 2 * _POINTS and not self.lenient):
            raise Unsound(f"its {name} is no short list")
        lines = (self.text(each, name, POINT_WORDS) for each in value[:_POINTS])
        return tuple(line for line in lines if line)

    def _topics(self, value: Any) -> tuple[str, ...]:
        if value is None:
            return ()
        if isinstance(value, str):
            value = [value] if value.strip() else []
        if not isinstance(value, list):
            raise Unsound("its topics are no list")
        found: dict[str, None] = {}
        for each in value:
            name = self.topics.get(compared(each)) if isinstance(each, str) else None
            if name is not None:
                found.setdefault(name)
            elif not self.lenient:
                raise Unsound("it names a topic that is not in Topics.md")
        return tuple(found)[:_NAMED_TOPICS]


def score(value: Any, name: str) -> int:
    """An integer from 1 to 10; 7.0 and "8" are integers too. Raises Unsound for anything else."""
    if isinstance(value, str):
        text = value.strip()
        whole = text.removesuffix(".0")
        value = int(whole) if whole.isascii() and whole.isdigit() and len(whole) < 4 else value
    if isinstance(value, float) and value == value // 1 and abs(value) < 1000:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Unsound(f"its {name} is no number")
    if not 1 <= value <= 10:
        raise Unsound(f"its {name} is out of range")
    return value


def shortened(line: str, words: int) -> str:
    """At most so many words, and no more letters than so many long words have."""
    parts = line.split()
    cut = " ".join(parts[:words])
    most = words * 12
    if len(cut) > most:
        cut = cut[:most].rsplit(" ", 1)[0]
    return line if cut == line else cut.rstrip(",;:. ") + "…"


def compared(name: str) -> str:
    """A topic's name as it is compared."""
    return " ".join(name.split()).casefold()


def _id(value: Any, asked: Collection[str]) -> str | None:
    if not isinstance(value, str):
        return None
    if value in asked:
        return value
    try:
        found = parse_arxiv_id(value).id
    except ValueError:
        return None
    return found if found in asked else None
