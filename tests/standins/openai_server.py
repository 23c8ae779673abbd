"""A small model server on this machine that speaks OpenAI's wire protocol, and misbehaves on order.

It knows `/v1/chat/completions` (streamed or not), `/v1/models`, `/v1/files` and `/v1/batches`. What it
'thinks' of a paper is a rule of the test's: by default numbers made from the id, so that a test knows
what has to come out. It reads prompts as a model should: papers are what stands between the fences.
"""

from __future__ import annotations

import json
import re
import socket
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

Manner = Literal["whole", "reset", "hang", "drip", "cut"]
Item = dict[str, Any]
Judge = Callable[[str, str, str], Item]
"""Id, title and abstract of a paper to what is answered about it."""

_FENCE = re.compile(r"^(=== \w+ ===)\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
_PAPER = re.compile(r"^\[([^\]\n]+)\] (.*)\n(?: (.*)\n)?", re.MULTILINE)


def numbers(arxiv_id: str) -> tuple[int, int]:
    """The relevance and novelty that the default rule gives a paper."""
    spread = zlib.crc32(arxiv_id.encode())
    return 1 + spread % 10, 1 + spread // 10 % 10


def by_id(arxiv_id: str, title: str, _abstract: str) -> Item:
    """The default rule."""
    relevance, novelty = numbers(arxiv_id)
    wanted = relevance >= 7 and novelty >= 6
    return {
        "id": arxiv_id,
        "relevance": relevance,
        "novelty": novelty,
        "topics": [],
        "comment": f"It bears on the topic: {title[:40]}." if wanted else "",
        "summary": "A problem, an idea and a result." if wanted else "",
    }


def retold(arxiv_id: str, title: str, _abstract: str) -> Item:
    """What is answered where summaries, or an overview of a month, are asked for."""
    return {
        "id": arxiv_id,
        "short": f"In short: {title[:40]}.",
        "long": f"At more length, the problem, the idea and the result of {title[:40]}.",
        "paragraphs": [f"In {arxiv_id} many papers shared a question.", "Some answered it."],
    }


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    at: float
    """Seconds of the monotonic clock."""
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    """What was parsed of JSON; bytes otherwise."""

    @property
    def messages(self) -> list[dict[str, str]]:
        return list(self.body["messages"])

    @property
    def prompt(self) -> str:
        return "\n".join(message["content"] for message in self.messages)

    @property
    def form(self) -> str:
        return str(self.body.get("response_format", {}).get("type", "text"))

    @property
    def retells(self) -> bool:
        """Whether summaries or an overview are asked for, and no judgement."""
        return '"short", "long"' in self.prompt or '{"id", "paragraphs"}' in self.prompt

    @property
    def papers(self) -> list[tuple[str, str, str]]:
        """Id, title and abstract of each paper between the fences."""
        fenced = _FENCE.search(self.messages[-1]["content"])
        return [m.groups(default="") for m in _PAPER.finditer(fenced[2])] if fenced else []  # type: ignore[misc]

    @property
    def ids(self) -> list[str]:
        return [paper[0] for paper in self.papers]


@dataclass(frozen=True)
class Reply:
    """A chat completion before it is put into bytes. `text` and `raw` win over what they are made of."""

    items: list[Item] = field(default_factory=list)
    text: str | None = None
    """The content of the message; None: the items as JSON."""
    finish: str | None = "stop"
    message: dict[str, Any] = field(default_factory=dict)
    """More fields of the message, or others in place of them."""
    usage: dict[str, Any] | None = field(default_factory=dict)
    """More fields of `usage`; None: there is none."""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = "application/json"
    raw: bytes | None = None
    manner: Manner = "whole"

    def content(self) -> str:
        return json.dumps({"papers": self.items}) if self.text is None else self.text


Fault = Callable[[Reply, Asked], Reply]


def refusal(status: int, message: str, code: str | None = None, **headers: str) -> Reply:
    """An error as OpenAI sends it."""
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=status, raw=json.dumps({"error": error}).encode(), headers=sent)


@dataclass
class Batch:
    """What was handed to `/v1/batches`, and how far it is."""

    id: str
    input_file: str
    metadata: dict[str, str] = field(default_factory=dict)
    status: str = "validating"
    output_file: str | None = None
    error_file: str | None = None
    counts: dict[str, int] = field(default_factory=dict)


class ModelServer:
    """`with ModelServer() as server:` — then `server.url` is a base URL."""

    def __init__(
        self,
        judge: Judge = by_id,
        *,
        models: tuple[str, ...] = ("stand-in",),
        key: str = "",
        latency: float = 0.0,
    ) -> None:
        self.judge = judge
        self.retell: Judge | None = None
        """Answers where summaries and overviews are asked for; None: as to everything else."""
        self.models = models
        self.key = key
        """Asked for where it is not empty."""
        self.latency = latency
        self.forms = {"json_schema", "json_object", "text"}
        self.form_refusal = (400, "'response_format.type' must be one of the supported ones")
        """Status and message for a form that is not among `forms`."""
        self.refused: dict[str, str] = {}
        """Parameters that are refused, and the message."""
        self.asked: list[Asked] = []
        self.files: dict[str, bytes] = {}
        self.file_names: dict[str, str] = {}
        self.batches: dict[str, Batch] = {}
        self.keeps_metadata = True
        self.batch_pace = 1
        """How often a batch has to be looked at before it is done."""
        self._faults: list[tuple[Fault, int | None]] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = _Threaded(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )

    def __enter__(self) -> ModelServer:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    @property
    def chats(self) -> list[Asked]:
        """The chat requests that came, answered or not."""
        with self._lock:
            return [asked for asked in self.asked if asked.path.endswith("/chat/completions")]

    def misbehave(self, fault: Fault, times: int | None = None) -> None:
        """The next `times` chat completions (None: all from now on) go through `fault`; faults that
        were ordered later come after it."""
        with self._lock:
            self._faults.append((fault, times))

    def behave(self) -> None:
        with self._lock:
            self._faults.clear()

    # what is answered

    def reply_to(self, asked: Asked) -> Reply:
        """What a chat request brings, faults included."""
        reply = self._sound(asked)
        with self._lock:
            fault = None
            if self._faults:
                fault, times = self._faults[0]
                if times is not None:
                    self._faults[0] = (fault, times - 1)
                    if times == 1:
                        self._faults.pop(0)
        return fault(reply, asked) if fault else reply

    def _sound(self, asked: Asked) -> Reply:
        if self.key and asked.headers.get("authorization") != f"Bearer {self.key}":
            told = asked.headers.get("authorization", "none").removeprefix("Bearer ")
            return refusal(401, f"Incorrect API key provided: {told}.", "invalid_api_key")
        if (model := asked.body.get("model")) not in self.models:
            return refusal(404, f"The model `{model}` does not exist", "model_not_found")
        for name, message in self.refused.items():
            if name in asked.body:
                return refusal(400, message, "unsupported_parameter")
        if asked.form not in self.forms:
            return refusal(*self.form_refusal)
        answer = self.retell if self.retell and asked.retells else self.judge
        items = [answer(*paper) for paper in asked.papers]
        if asked.form == "json_schema":
            items = [_fitted(item, asked) for item in items]
        lines = asked.form == "text" and "JSON object a line" in asked.prompt
        text = "\n".join(json.dumps(item) for item in items) if lines else None
        return Reply(items, text)

    def completion(self, reply: Reply, asked: Asked) -> bytes:
        if reply.raw is not None:
            return reply.raw
        content = reply.content()
        message = {"role": "assistant", "content": content, "refusal": None, **reply.message}
        choice = {"index": 0, "finish_reason": reply.finish, "message": message}
        body: dict[str, Any] = {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": asked.body.get("model"),
            "choices": [choice],
        }
        if reply.usage is not None:
            prompt, completion = len(asked.prompt) // 4, len(content) // 4 + 1
            counted = {"prompt_tokens": prompt, "completion_tokens": completion}
            body["usage"] = counted | {"total_tokens": prompt + completion} | reply.usage
        return json.dumps(body).encode()

    def route(self, asked: Asked) -> Reply:
        """What any request brings."""
        with self._lock:
            self.asked.append(asked)
        path = asked.path.removeprefix("/v1")
        if path.endswith("/chat/completions"):
            if self.latency:
                self._closing.wait(self.latency)
            reply = self.reply_to(asked)
            if asked.body.get("stream") and reply.raw is None:
                return replace(reply, raw=_streamed(reply, asked), kind="text/event-stream")
            return replace(reply, raw=self.completion(reply, asked))
        if path == "/models":
            return _json(
                {"object": "list", "data": [{"id": m, "object": "model"} for m in self.models]}
            )
        with self._lock:
            if path == "/files" and asked.method == "POST":
                return self._upload(asked)
            if path == "/files":
                return _page([self._told_file(name) for name in self.files], asked)
            if path.startswith("/files/"):
                return self._file(path)
            if path == "/batches" and asked.method == "POST":
                return self._begin(asked)
            if path == "/batches":
                return _page([_told(batch) for batch in self.batches.values()], asked)
            if path.startswith("/batches/"):
                return self._look(path)
        return refusal(404, f"unknown path {asked.path}")

    # files and batches

    def _upload(self, asked: Asked) -> Reply:
        name = f"file-{len(self.files) + 1}"
        self.file_names[name], self.files[name] = _form_file(
            asked.body, asked.headers["content-type"]
        )
        return _json(self._told_file(name))

    def _told_file(self, name: str) -> dict[str, Any]:
        return {
            "id": name,
            "object": "file",
            "bytes": len(self.files[name]),
            "created_at": 1,
            "filename": self.file_names.get(name, name),
            "purpose": "batch",
            "status": "processed",
        }

    def _file(self, path: str) -> Reply:
        name = path.split("/")[2]
        if name not in self.files:
            return refusal(404, f"No such File object: {name}")
        if path.endswith("/content"):
            return Reply(raw=self.files[name], kind="application/octet-stream")
        return _json(self._told_file(name))

    def _begin(self, asked: Asked) -> Reply:
        batch = Batch(f"batch-{len(self.batches) + 1}", asked.body["input_file_id"])
        if self.keeps_metadata:
            batch.metadata = asked.body.get("metadata") or {}
        self.batches[batch.id] = batch
        return _json(_told(batch))

    def _look(self, path: str) -> Reply:
        batch = self.batches.get(path.split("/")[2])
        if batch is None:
            return refusal(404, f"No batch found with id '{path.split('/')[2]}'")
        if path.endswith("/cancel"):
            batch.status = "cancelled"
        elif batch.status in ("validating", "in_progress"):
            batch.counts["looks"] = batch.counts.get("looks", 0) + 1
            batch.status = "in_progress"
            if batch.counts["looks"] >= self.batch_pace:
                self._finish(batch)
        return _json(_told(batch))

    def _finish(self, batch: Batch) -> None:
        out: list[str] = []
        wrong: list[str] = []
        for line in self.files[batch.input_file].splitlines():
            task = json.loads(line)
            asked = Asked(
                time.monotonic(),
                "POST",
                task["url"],
                {},
                {"authorization": f"Bearer {self.key}"},
                task["body"],
            )
            reply = self._sound(asked)
            if self._faults:
                reply = self._faults[0][0](reply, asked)
            body = json.loads(self.completion(reply, asked))
            answer = {"status_code": reply.status, "request_id": "r", "body": body}
            done = {"id": "x", "custom_id": task["custom_id"], "response": answer, "error": None}
            (out if reply.status == 200 else wrong).append(json.dumps(done))
        batch.status = "completed"
        for lines, kind in ((out, "output"), (wrong, "error")):
            if lines:
                name = f"file-{len(self.files) + 1}"
                self.files[name] = "\n".join(lines).encode()
                if kind == "output":
                    batch.output_file = name
                else:
                    batch.error_file = name
        batch.counts |= {"completed": len(out), "failed": len(wrong)}


class _Threaded(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is none of our business."""


def _handler(server: ModelServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

        def _answer(self, data: bytes) -> None:
            parts = urlsplit(self.path)
            sent = {name.lower(): value for name, value in self.headers.items()}
            as_json = "json" in sent.get("content-type", "")
            asked = Asked(
                time.monotonic(),
                self.command,
                parts.path,
                dict(parse_qsl(parts.query)),
                sent,
                json.loads(data) if as_json and data else data,
            )
            self._send(server.route(asked))

        def _send(self, reply: Reply) -> None:
            body = reply.raw or b""
            if reply.manner == "hang":
                server._closing.wait()
                self.close_connection = True
                return
            if reply.manner == "reset":
                at_once = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
                self.connection.close()
                self.close_connection = True
                return
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.kind)
            self.send_header("Content-Length", str(len(body)))
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            if reply.manner == "cut":
                self.wfile.write(body[: len(body) // 2])
                self.close_connection = True
            elif reply.manner == "drip":
                for byte in body:
                    if server._closing.wait(0.05):
                        return
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
            else:
                self.wfile.write(body)

        def log_message(self, *_said: object) -> None:
            """Quiet."""

    return Handler


def _fitted(item: Item, asked: Asked) -> Item:
    """What schemas are for: no field too few or too many, no topic that is not on the list."""
    schema = asked.body["response_format"]["json_schema"]["schema"]
    fields = schema["properties"]["papers"]["items"]["properties"]
    fitted = {name: item.get(name) for name in fields}
    names = fields.get("topics", {}).get("items", {}).get("enum")
    if names and fitted["topics"]:
        fitted["topics"] = [name for name in fitted["topics"] if name in names]
    return fitted


def _streamed(reply: Reply, asked: Asked) -> bytes:
    pieces = re.findall(r".{1,20}", reply.content(), re.DOTALL)
    chunks: list[dict[str, Any]] = [{"delta": {"content": piece}, "index": 0} for piece in pieces]
    chunks.append({"delta": {}, "index": 0, "finish_reason": reply.finish})
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": asked.body["model"]}
    lines = [f"data: {json.dumps(head | {'choices': [chunk]})}\n\n" for chunk in chunks]
    return ("".join(lines) + "data: [DONE]\n\n").encode()


def _json(value: Any) -> Reply:
    return Reply(raw=json.dumps(value).encode())


def _page(items: list[dict[str, Any]], asked: Asked) -> Reply:
    """A part of a list, the newest first."""
    newest = items[::-1]
    ids = [item["id"] for item in newest]
    start = ids.index(asked.query["after"]) + 1 if "after" in asked.query else 0
    page = newest[start : start + int(asked.query.get("limit", "20"))]
    more = start + len(page) < len(newest)
    return _json({"object": "list", "data": page, "has_more": more})


def _told(batch: Batch) -> dict[str, Any]:
    return {
        "id": batch.id,
        "object": "batch",
        "endpoint": "/v1/chat/completions",
        "input_file_id": batch.input_file,
        "completion_window": "24h",
        "created_at": 1,
        "metadata": batch.metadata or None,
        "status": batch.status,
        "output_file_id": batch.output_file,
        "error_file_id": batch.error_file,
        "request_counts": {"total": 0, "completed": 0, "failed": 0} | batch.counts,
    }


def _form_file(body: bytes, kind: str) -> tuple[str, bytes]:
    """The file of a multipart form: its name and what is in it."""
    boundary = b"--" + kind.partition("boundary=")[2].strip('"').encode()
    for part in body.split(boundary):
        head, _, content = part.partition(b"\r\n\r\n")
        if b"filename=" in head:
            name = head.partition(b'filename="')[2].partition(b'"')[0]
            return name.decode(), content.removesuffix(b"\r\n")
    raise AssertionError("no file was sent")


@contextmanager
def serving(judge: Judge = by_id, **more: Any) -> Iterator[ModelServer]:
    with ModelServer(judge, **more) as server:
        yield server
