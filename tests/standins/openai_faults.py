"""The ways in which models, and the servers in front of them, were seen to answer badly; on order.

A fault is given the sound reply and makes the one that is sent. `UNSOUND` are replies of which no paper
can be believed, `PARTLY` those of which some can, `HARMLESS` those that only look odd.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from standins.openai_server import Asked, Fault, Item, Manner, Reply, refusal

HUGE = "and so on without an end " * 4000


def _items(change: Callable[[list[Item]], list[Item]]) -> Fault:
    return lambda reply, _asked: replace(reply, items=change(reply.items), text=None)


def _each(change: Callable[[Item], Item]) -> Fault:
    return _items(lambda items: [change(item) for item in items])


def _first(change: Callable[[Item], Item]) -> Fault:
    """Of the first paper only; the others are sound."""
    return _items(lambda items: [change(items[0]), *items[1:]])


def _with(**fields: Any) -> Callable[[Item], Item]:
    return lambda item: item | fields


def _without(name: str) -> Callable[[Item], Item]:
    return lambda item: {key: value for key, value in item.items() if key != name}


def _text(change: Callable[[str], str]) -> Fault:
    return lambda reply, _asked: replace(reply, text=change(reply.content()))


def _message(**fields: Any) -> Fault:
    return lambda reply, _asked: replace(reply, message=fields)


def _raw(body: bytes, kind: str = "application/json") -> Fault:
    return lambda reply, _asked: replace(reply, raw=body, kind=kind)


def _finish(finish: str | None, text: str | None = None) -> Fault:
    return lambda reply, _asked: replace(reply, finish=finish, text=text)


def _manner(manner: Manner) -> Fault:
    return lambda reply, _asked: replace(reply, manner=manner)


def refusing(status: int, message: str = "no", code: str | None = None, **headers: str) -> Fault:
    return lambda _reply, _asked: refusal(status, message, code, **headers)


def dated(seconds: int) -> Fault:
    """Asks for a rest until a date."""

    def fault(_reply: Reply, _asked: Asked) -> Reply:
        until = format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)
        return refusal(429, "slow down", "rate_limit_exceeded", Retry_After=until)

    return fault


def page(status: int = 200) -> Fault:
    body = b"<!DOCTYPE html><html><title>Sign in</title><body>Welcome to this net.</body></html>"
    return lambda _reply, _asked: Reply(raw=body, kind="text/html", status=status)


def _cut(reply: Reply, _asked: Asked) -> Reply:
    text = reply.content()
    return replace(reply, text=text[: len(text) * 2 // 3])


def _cut_before_anything(reply: Reply, _asked: Asked) -> Reply:
    return replace(reply, text=reply.content()[:30], finish="length")


def _only_thought(reply: Reply, _asked: Asked) -> Reply:
    return replace(
        reply, text=f"<think>Maybe {reply.content()}, but I am not sure yet", finish="length"
    )


def _reasoned(reply: Reply, _asked: Asked) -> Reply:
    return replace(reply, text="", message={"reasoning_content": reply.content(), "content": ""})


def _two_drafts(reply: Reply, _asked: Asked) -> Reply:
    return replace(reply, text=f"First {reply.content()} no, rather {reply.content()}")


def _bare_list(reply: Reply, _asked: Asked) -> Reply:
    return replace(reply, text=json.dumps(reply.items))


def _lines(reply: Reply, _asked: Asked) -> Reply:
    return replace(reply, text="\n".join(json.dumps(item) for item in reply.items))


def _parts(reply: Reply, _asked: Asked) -> Reply:
    return replace(reply, message={"content": [{"type": "text", "text": reply.content()}]})


UNSOUND: dict[str, Fault] = {
    "empty content": _message(content=""),
    "null content": _message(content=None),
    "no message": lambda reply, asked: replace(
        reply, raw=json.dumps({"choices": [{"finish_reason": "stop"}]}).encode()
    ),
    "white space": _text(lambda _text: " \n\t\n"),
    "prose": _text(lambda _text: "These are fine papers. I would give most of them an 8."),
    "a question": _text(lambda _text: "Which of these papers shall I look at first?"),
    "only a thought": _only_thought,
    "reasoning instead of content": _reasoned,
    "a tool call": _message(content=None, tool_calls=[{"id": "1", "type": "function"}]),
    "two drafts": _two_drafts,
    "a number": _text(lambda _text: "8"),
    "a string": _text(lambda _text: '"8"'),
    "null": _text(lambda _text: "null"),
    "no list": _text(lambda _text: '{"papers": 7}'),
    "an empty list": _items(lambda _items: []),
    "nested without end": _text(lambda _text: '{"papers":' + "[" * 100_000),
    "brackets without end": _text(lambda _text: "{[" * 100_000),
    "cut at once": _cut_before_anything,
    "refusal": _message(content=None, refusal="I can't help with that."),
    "refusal beside an answer": _message(refusal="I'd rather not."),
    "content filter": _finish("content_filter"),
    "the schema itself": _each(lambda _item: {"id": {"type": "string"}, "relevance": {}}),
    "other ids": _items(lambda items: [i | {"id": f"9912.{n:05}"} for n, i in enumerate(items)]),
    "numbered ids": _items(lambda items: [i | {"id": n} for n, i in enumerate(items)]),
    "ids as numbers": _each(lambda item: item | {"id": float(item["id"])}),
    "no ids": _each(_without("id")),
    "null ids": _each(_with(id=None)),
    "titles for ids": _each(_with(id="An invented paper")),
    "every id doubled": _items(lambda items: items + items),
    "one id for all": _items(lambda items: [i | {"id": items[0]["id"]} for i in items] * 2),
    "keys doubled": _text(lambda text: text.replace('"id":', '"relevance": 10, "id":')),
    "no relevance": _each(_without("relevance")),
    "no novelty": _each(_without("novelty")),
    "null scores": _each(_with(relevance=None, novelty=None)),
    "zero": _each(_with(relevance=0)),
    "eleven": _each(_with(novelty=11)),
    "minus one": _each(_with(relevance=-1)),
    "a half": _each(_with(relevance=7.5)),
    "words for numbers": _each(_with(relevance="high", novelty="low")),
    "a fraction": _each(_with(relevance="8/10")),
    "true": _each(_with(relevance=True, novelty=True)),
    "lists for numbers": _each(_with(relevance=[8])),
    "NaN": _text(lambda text: text.replace('"novelty": ', '"novelty": NaN, "n": ')),
    "infinity": _text(lambda text: text.replace('"novelty": ', '"novelty": 1e999, "n": ')),
    "a number of 5000 digits": _text(
        lambda text: text.replace('"novelty": ', f'"novelty": {"9" * 5000}, "n": ')
    ),
}
PARTLY: dict[str, Fault] = {
    "one is missing": _items(lambda items: items[1:]),
    "half are missing": _items(lambda items: items[: len(items) // 2]),
    "one is doubled": _items(lambda items: [*items, items[0]]),
    "one is doubled with another score": _items(
        lambda items: [*items, items[0] | {"relevance": items[0]["relevance"] % 10 + 1}]
    ),
    "one more": _items(lambda items: [*items, items[0] | {"id": "9912.00001"}]),
    "one is out of range": _first(_with(relevance=11)),
    "one is null": _items(lambda items: [None, *items[1:]]),  # type: ignore[list-item]
    "one has a huge comment": _first(_with(comment=HUGE)),
    "one has a huge summary": _first(_with(summary=HUGE)),
    "one has a comment that is none": _first(_with(comment={"a": 1})),
    "one has a foreign topic": _first(_with(topics=["Celebrity gossip"])),
    "one has topics that are none": _first(_with(topics=[{"name": 3}])),
    "one has topics for text": _first(_with(topics=7)),
    "cut in the middle": _cut,
    "cut for length": lambda reply, asked: replace(_cut(reply, asked), finish="length"),
}
HARMLESS: dict[str, Fault] = {
    "a code block": _text(lambda text: f"```json\n{text}\n```"),
    "a code block in prose": _text(lambda text: f"Here you are:\n```\n{text}\n```\nGood luck!"),
    "prose around": _text(lambda text: f"Sure! {text} I hope this helps."),
    "a thought before": _text(lambda text: f"<think>Is [1] or {{2}} right?</think>\n\n{text}"),
    "a thought without a beginning": _text(lambda text: f"Well, {{so}} it is.\n</think>\n{text}"),
    "a bare list": _bare_list,
    "one object a line": _lines,
    "content in parts": _parts,
    "another name for the list": _text(lambda text: text.replace('"papers"', '"results"', 1)),
    "a list in a list": _text(lambda text: f'{{"answer": {text}}}'),
    "a byte order mark": _text(lambda text: f"\ufeff{text}"),
    "numbers with a point": _each(
        lambda item: (
            item | {"relevance": float(item["relevance"]), "novelty": float(item["novelty"])}
        )
    ),
    "numbers as text": _each(
        lambda item: item | {"relevance": str(item["relevance"]), "novelty": f"{item['novelty']}.0"}
    ),
    "ids with arXiv:": _each(lambda item: item | {"id": f"arXiv:{item['id']}"}),
    "ids with a version": _each(lambda item: item | {"id": f"{item['id']}v2"}),
    "another order": _items(lambda items: items[::-1]),
    "more fields": _each(_with(confidence=0.9, explanation=["x"])),
    "no comment": _each(_without("comment")),
    "one topic as text": _each(lambda item: item | {"topics": ""}),
    "no finish reason": _finish(None),
    "no usage": lambda reply, _asked: replace(reply, usage=None),
    "null usage": lambda reply, _asked: replace(reply, usage={"prompt_tokens": None}),
}
TRANSPORT: dict[str, Fault] = {
    "429": refusing(429, "slow down", "rate_limit_exceeded"),
    "500": refusing(500, "The server had an error"),
    "502": page(502),
    "503": refusing(503, "overloaded"),
    "529": refusing(529, "overloaded"),
    "reset": _manner("reset"),
    "cut body": _manner("cut"),
    "a page": page(),
    "no json": _raw(b"{'choices': []"),
    "nothing": _raw(b""),
    "a list": _raw(b"[]"),
    "no choices": _raw(b'{"id": "x", "choices": []}'),
    "an error that calls itself 200": _raw(b'{"error": {"code": 502, "message": "upstream"}}'),
    "not utf-8": _raw(b"\xff\xfe\x00{"),
    "gzip in name only": lambda reply, _asked: replace(
        reply, raw=b"{}", headers={"Content-Encoding": "gzip"}
    ),
}
"""What may be over at the next try."""
HANG, DRIP = _manner("hang"), _manner("drip")
