"""Where the model is, by which name, and with which key; the key is never shown."""

from __future__ import annotations

import functools
import importlib
import ipaddress
import re
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from kb.core.garbage import uncollected
from kb.core.inline import one_line
from kb.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openai import AsyncOpenAI

    from kb.config import LlmSettings

OPENAI = "https://api.openai.com/v1"
CONNECT = 10.0
"""Seconds after which nobody is taken to be there."""
_LONGEST = 200
# Endpoints quote the key they were given, in full or with a starred middle.
_KEYS = re.compile(
    r"\b(?:sk|pk|rk|gsk|xai|hf)[-_][\w*.\-]{4,}|\bBearer\s+\S+|(?<!\w)[\w\-]*\*{3,}[\w\-]*"
)
_TELLS_A_SECRET = re.compile(r"key|token|secret|sig|password", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One model at one address."""

    model: str
    base_url: str = OPENAI
    query: Mapping[str, str] = field(default_factory=dict)
    """Sent with every request, such as Azure's `api-version`."""
    key: str = field(default="", repr=False)
    """Empty for servers that ask for none."""

    @property
    def place(self) -> str:
        """Host and path, for a person."""
        parts = urlsplit(self.base_url)
        return f"{parts.netloc}{parts.path}".rstrip("/")

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine."""
        return _is_loopback(urlsplit(self.base_url).hostname or "")

    @property
    def is_near(self) -> bool:
        """Whether it is on this machine or in this house."""
        return _is_near(urlsplit(self.base_url).hostname or "")

    def said(self, text: str) -> str:
        """What the other side said, fit for a message: short, on one line, without keys."""
        if self.key:
            text = text.replace(self.key, "…")
        line = one_line(_KEYS.sub("…", text))
        return line if len(line) <= _LONGEST else line[:_LONGEST].rstrip() + "…"


def find(settings: LlmSettings, environ: Mapping[str, str]) -> Endpoint | None:
    """The endpoint that `[llm]` and the environment name; None where neither a key nor an address
    is given, which is how a vault says that it has no model.

    The address is `[llm] base_url`, else `OPENAI_BASE_URL`, else OpenAI's; the key is
    `OPENAI_API_KEY`. Raises ConfigError for an address that cannot be one, holds a secret, or would
    carry the key over the open net in clear.
    """
    key = environ.get("OPENAI_API_KEY", "").strip()
    given = settings.base_url or environ.get("OPENAI_BASE_URL", "").strip()
    if not key and not given:
        return None
    where = "kb.toml: llm.base_url" if settings.base_url else "OPENAI_BASE_URL"
    base_url, query = _address(given or OPENAI, where)
    parts = urlsplit(base_url)
    if key and parts.scheme == "http" and not _is_near(parts.hostname or ""):
        raise ConfigError(
            f"{where} is http://, and the key would cross the net in clear; write https://"
        )
    if not key.isascii() or not key.isprintable():
        raise ConfigError("OPENAI_API_KEY holds characters that no key has; copy it again")
    return Endpoint(model=settings.model, base_url=base_url, query=query, key=key)


def warm() -> threading.Thread:
    """Loads the client in the background, which takes most of a second, while others wait for the
    net. Nobody need wait for the thread."""
    thread = threading.Thread(target=load, daemon=True)
    thread.start()
    return thread


@functools.cache
def load() -> None:
    """Imports the client and what it would import with the first request. Its thousands of classes stay,
    so nobody need look for garbage among them, then or later."""
    with uncollected(staying=True):
        importlib.import_module("openai.resources.chat.completions")


def client(endpoint: Endpoint, *, timeout: float) -> AsyncOpenAI:
    """A client that asks once and waits at most `timeout` seconds for each byte.

    Retrying is ours. Proxies of the environment are used, except for this machine itself. Redirects
    are not followed: nobody but the endpoint is to see papers or a key.
    """
    load()
    import ssl

    import openai

    # Where no TLS is spoken, not to a proxy either, nobody's certificates need be read.
    plain = endpoint.is_local and endpoint.base_url.startswith("http://")
    http = openai.DefaultAsyncHttpxClient(
        trust_env=not endpoint.is_local,
        follow_redirects=False,
        verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if plain else True,
    )
    host = urlsplit(endpoint.base_url).hostname or ""
    azure = endpoint.key and host.endswith((".azure.com", ".azure.us", ".azure.cn"))
    return openai.AsyncOpenAI(
        api_key=endpoint.key or "none",
        base_url=endpoint.base_url,
        default_query=dict(endpoint.query),
        default_headers={"api-key": endpoint.key} if azure else None,
        timeout=openai.Timeout(timeout, connect=min(CONNECT, timeout)),
        max_retries=0,
        http_client=http,
    )


def headers(endpoint: Endpoint) -> dict[str, Any]:
    """What each request adds: without a key, no `Authorization` at all."""
    import openai

    return {} if endpoint.key else {"Authorization": openai.omit}


def _address(text: str, where: str) -> tuple[str, dict[str, str]]:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ConfigError(f"{where} is not an address") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise ConfigError(f"{where} is not an address such as http://localhost:11434/v1")
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    if parts.username or parts.password or any(_TELLS_A_SECRET.search(name) for name in query):
        raise ConfigError(f"{where} holds a secret; put the key into OPENAI_API_KEY instead")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}", query


def _is_loopback(host: str) -> bool:
    host = host.rstrip(".").lower()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_near(host: str) -> bool:
    """On this machine or in this house: a private address, or a name without a domain."""
    host = host.rstrip(".").lower()
    if _is_loopback(host) or "." not in host.strip("[]") or host.endswith((".local", ".lan")):
        return ":" not in host or _is_private(host)
    return _is_private(host)


def _is_private(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_private
    except ValueError:
        return False
