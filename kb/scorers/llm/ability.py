"""What an endpoint can do: found while asking, and remembered so that it is found once."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Form = Literal["schema", "object", "plain"]
Limit = Literal["both", "max_completion_tokens", "max_tokens", ""]
FORMS: tuple[Form, ...] = ("schema", "object", "plain")
LIMITS: tuple[Limit, ...] = ("both", "max_completion_tokens", "max_tokens", "")
"""Servers of one's own pass over the name that they do not know, and would answer without end; OpenAI
refuses both together."""
_ROOMS = (0, 2000, 8000, 32000)

_OF_LIMIT = re.compile(r"max_(?:completion_)?tokens|max_output_tokens|output tokens", re.IGNORECASE)
_OF_TEMPERATURE = re.compile(r"temperature", re.IGNORECASE)
_OF_SYSTEM = re.compile(r"system\W+(?:role|message|prompt)|role\W+\W*system", re.IGNORECASE)
_OF_FORM = re.compile(
    r"response_format|json_?schema|json_?object|\bschema\b|grammar|structured|text\.format",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Ability:
    """How this model is asked. The default is what the best of those on the net understand."""

    form: Form = "schema"
    limit: Limit = "max_completion_tokens"
    temperature: bool = True
    """Whether it may be set to 0."""
    system: bool = True
    """Whether there is a system message; else all is said in one."""
    room: int = 0
    """Tokens beyond the answer itself: for models that think before they write."""

    def arguments(self, schema: Mapping[str, Any], tokens: int) -> dict[str, Any]:
        """What a request adds, for an answer of at most `tokens` tokens."""
        found: dict[str, Any] = {"temperature": 0} if self.temperature else {}
        for name in ("max_completion_tokens", "max_tokens"):
            if self.limit in (name, "both"):
                found[name] = tokens + self.room
        if self.form == "schema":
            held = {"name": "answer", "strict": True, "schema": dict(schema)}
            found["response_format"] = {"type": "json_schema", "json_schema": held}
        elif self.form == "object":
            found["response_format"] = {"type": "json_object"}
        return found

    def without(self, refused: str) -> Ability | None:
        """What to try after the endpoint has said `refused`; None when there is nothing left.

        Where it does not say what it minds, the likeliest goes first.
        """
        steps = {
            "limit": (_OF_LIMIT, self._next_limit),
            "temperature": (_OF_TEMPERATURE, self._no_temperature),
            "system": (_OF_SYSTEM, self._no_system),
            "form": (_OF_FORM, self.next_form),
        }
        for names, step in steps.values():
            if names.search(refused) and (found := step()):
                return found
        for name in ("form", "limit", "temperature", "system"):
            if found := steps[name][1]():
                return found
        return None

    def is_named(self, refused: str) -> bool:
        """Whether `refused` is about something in how we ask, and not about what."""
        parts = (_OF_LIMIT, _OF_TEMPERATURE, _OF_SYSTEM, _OF_FORM)
        return any(part.search(refused) for part in parts)

    def next_form(self) -> Ability | None:
        at = FORMS.index(self.form) + 1
        return replace(self, form=FORMS[at]) if at < len(FORMS) else None

    def roomier(self) -> Ability | None:
        """For a model whose thoughts took the place of its answer."""
        larger = [room for room in _ROOMS if room > self.room]
        return replace(self, room=larger[0]) if larger and self.limit else None

    def _next_limit(self) -> Ability | None:
        at = LIMITS.index(self.limit) + 1
        return replace(self, limit=LIMITS[at]) if at < len(LIMITS) else None

    def _no_temperature(self) -> Ability | None:
        return replace(self, temperature=False) if self.temperature else None

    def _no_system(self) -> Ability | None:
        return replace(self, system=False) if self.system else None

    def dump(self) -> str:
        """As text, to be remembered."""
        return json.dumps(asdict(self), sort_keys=True)


def first_tried(*, near: bool) -> Ability:
    """What is tried where nothing is known, on the net or with a server of one's own."""
    return Ability(limit="both") if near else Ability()


def load(text: str | None) -> Ability | None:
    """What `dump` made; None for anything else."""
    try:
        found = json.loads(text or "")
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or found.keys() != {each.name for each in fields(Ability)}:
        return None
    sound = (
        found["form"] in FORMS
        and found["limit"] in LIMITS
        and found["room"] in _ROOMS
        and isinstance(found["temperature"], bool)
        and isinstance(found["system"], bool)
    )
    return Ability(**found) if sound else None
