"""What a model is asked for: one prompt, one shape of answer, one way of reading it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from kb.scorers.llm.answers import LONG_WORDS, SUMMARY_WORDS, Reader, Unsound

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from kb.core.assessments import Assessment


T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Task(Generic[T]):
    """One kind of question about papers."""

    prompt: str
    """The file in `prompts/`, without `.md`."""
    fields: Mapping[str, Any]
    """The JSON schema of each field of an answer, besides `id`."""
    read: Callable[[Reader, Mapping[str, Any]], T]
    """Raises Unsound."""
    usual: int
    """Tokens that an answer for one paper usually takes."""
    most: int
    """Tokens that a whole one may take."""
    at_once: int = 30
    """Papers asked about together at most."""
    abstracts: bool = True

    @property
    def schema(self) -> dict[str, Any]:
        """For the whole answer. Only what every endpoint with schemas knows is used: no bounds."""
        one = _object({"id": {"type": "string"}, **self.fields})
        return _object({"papers": {"type": "array", "items": one}})


@dataclass(frozen=True, slots=True)
class Summary:
    """What a paper says, for a table and for its note."""

    short: str
    long: str


@dataclass(frozen=True, slots=True)
class ReadingNotes:
    """What to remember of a paper; each part a few lines, empty where the abstract is silent."""

    problem: tuple[str, ...]
    idea: tuple[str, ...]
    how: tuple[str, ...]
    results: tuple[str, ...]
    why_it_matters: tuple[str, ...]
    limits: tuple[str, ...]


NOTE_PARTS = ("problem", "idea", "how", "results", "why_it_matters", "limits")
_TEXT = {"type": "string"}
_SCORE = {"type": "integer", "enum": list(range(1, 11))}
_LINES = {"type": "array", "items": _TEXT}


def assess(topics: Sequence[str]) -> Task[Assessment]:
    """Relevance and novelty, and why."""
    names: dict[str, Any] = {"type": "string", "enum": list(dict.fromkeys(topics))}
    return Task(
        prompt="assess",
        fields={
            "relevance": _SCORE,
            "novelty": _SCORE,
            "topics": {"type": "array", "items": names if topics else _TEXT},
            "comment": _TEXT,
            "summary": _TEXT,
        },
        read=lambda reader, answer: reader.assessment(answer),
        usual=50,
        most=220,
    )


def _read_screened(_reader: Reader, answer: Mapping[str, Any]) -> bool:
    if not isinstance(answer.get("read"), bool):
        raise Unsound("it says neither yes nor no")
    return bool(answer["read"])


def _read_summary(reader: Reader, answer: Mapping[str, Any]) -> Summary:
    return Summary(
        reader.text(answer.get("short"), "short summary", SUMMARY_WORDS, needed=True),
        reader.text(answer.get("long"), "long summary", LONG_WORDS, needed=True),
    )


def _read_notes(reader: Reader, answer: Mapping[str, Any]) -> ReadingNotes:
    parts = {part: reader.points(answer.get(part), part.replace("_", " ")) for part in NOTE_PARTS}
    if not any(parts.values()):
        raise Unsound("it says nothing")
    return ReadingNotes(**parts)


def _read_overview(reader: Reader, answer: Mapping[str, Any]) -> tuple[str, ...]:
    value = answer.get("paragraphs")
    if not isinstance(value, list) or not value or len(value) > 8:
        raise Unsound("its paragraphs are no short list")
    lines = [reader.text(each, "paragraph", LONG_WORDS) for each in value]
    if not any(lines):
        raise Unsound("its paragraphs are empty")
    return tuple(line for line in lines if line)


SCREEN: Task[bool] = Task(
    prompt="screen",
    fields={"read": {"type": "boolean"}},
    read=_read_screened,
    usual=16,
    most=40,
    at_once=100,
    abstracts=False,
)
SUMMARISE: Task[Summary] = Task(
    prompt="summarise",
    fields={"short": _TEXT, "long": _TEXT},
    read=_read_summary,
    usual=230,
    most=500,
    at_once=8,
)
NOTES: Task[ReadingNotes] = Task(
    prompt="notes",
    fields=dict.fromkeys(NOTE_PARTS, _LINES),
    read=_read_notes,
    usual=400,
    most=1500,
    at_once=1,
)
MONTH: Task[tuple[str, ...]] = Task(
    prompt="month",
    fields={"paragraphs": _LINES},
    read=_read_overview,
    usual=500,
    most=1500,
    at_once=1,
)


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }
