"""Where the model is, and that its key stays where it belongs."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

from kb.config import LlmSettings
from kb.errors import ConfigError
from kb.scorers.llm import endpoint
from kb.scorers.llm.endpoint import OPENAI, Endpoint

KEY = "sk-" + "a1B2c3D4" * 4


def found(base_url: str = "", **environ: str) -> Endpoint | None:
    return endpoint.find(LlmSettings(base_url=base_url), environ)


def test_without_key_and_address_there_is_no_model() -> None:
    assert found() is None
    assert found(OPENAI_API_KEY=" ", OPENAI_BASE_URL="") is None


def test_a_key_alone_means_openai() -> None:
    where = found(OPENAI_API_KEY=f" {KEY}\n")
    assert where is not None
    assert (where.base_url, where.key, where.model) == (OPENAI, KEY, "gpt-4o-mini")
    assert not where.is_local


def test_a_local_server_needs_no_key() -> None:
    where = found("http://localhost:11434/v1/")
    assert where is not None
    assert (where.base_url, where.key, where.is_local) == ("http://localhost:11434/v1", "", True)
    assert where.place == "localhost:11434/v1"


def test_kb_toml_goes_before_the_environment() -> None:
    where = found("http://localhost:1/v1", OPENAI_BASE_URL="https://example.org/v1")
    assert where is not None
    assert where.base_url == "http://localhost:1/v1"
    other = found(OPENAI_BASE_URL="https://example.org/v1")
    assert other is not None
    assert other.base_url == "https://example.org/v1"


def test_azure_s_version_is_kept_apart() -> None:
    where = found(
        "https://me.openai.azure.com/openai/deployments/x?api-version=2024-10-21",
        OPENAI_API_KEY=KEY,
    )
    assert where is not None
    assert where.base_url == "https://me.openai.azure.com/openai/deployments/x"
    assert where.query == {"api-version": "2024-10-21"}
    client = endpoint.client(where, timeout=5)
    assert client.default_headers["api-key"] == KEY
    asyncio.run(client.close())


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("localhost:11434", "not an address"),
        ("ftp://example.org/v1", "not an address"),
        ("http://", "not an address"),
        ("http://example.org:99999/v1", "not an address"),
        ("http://[::1/v1", "not an address"),
        ("https://me:pass@example.org/v1", "secret"),
        ("https://example.org/v1?api-key=x", "secret"),
        ("https://example.org/v1?access_token=x", "secret"),
        ("http://example.org/v1", "in clear"),
        ("http://8.8.8.8/v1", "in clear"),
        ("http://[2001:4860:4860::8888]/v1", "in clear"),
    ],
)
@pytest.mark.parametrize("in_settings", [True, False])
def test_an_address_that_cannot_be_one(url: str, said: str, in_settings: bool) -> None:
    settings = LlmSettings(base_url=url if in_settings else "")
    environ = {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": KEY}
    with pytest.raises(ConfigError, match=said) as caught:
        endpoint.find(settings, environ)
    where = "llm.base_url" if in_settings else "OPENAI_BASE_URL"
    assert where in str(caught.value)
    assert "pass" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8080/v1", "http://[::1]:8080/v1", "http://192.168.1.7/v1", "http://10.0.0.2",
        "http://box.local/v1", "http://vllm:8000/v1", "https://example.org/v1", "http://a.localhost",
        "http://[fd00::1]/v1",
    ],
)  # fmt: skip
def test_a_key_may_go_in_clear_inside_the_house(url: str) -> None:
    assert found(url, OPENAI_API_KEY=KEY) is not None


def test_a_key_that_cannot_be_one() -> None:
    with pytest.raises(ConfigError, match="OPENAI_API_KEY"):
        found(OPENAI_API_KEY="sk-ä")


@pytest.mark.parametrize(
    "text",
    [
        f"Incorrect API key provided: {KEY}.",
        f"bad header Bearer {KEY}",
        f"Incorrect API key provided: {KEY[:9]}******{KEY[-4:]}.",
        f"key {KEY[:5]}...{KEY[-4:]} is not known",
        f"\x1b[31m{KEY}\n\n{'x' * 5000}",
    ],
)
def test_what_the_other_side_says_is_made_fit_for_a_message(text: str) -> None:
    said = Endpoint(model="m", key=KEY).said(text)
    assert KEY not in said
    assert KEY[-4:] not in said
    assert len(said) <= 201
    assert "\n" not in said
    assert "\x1b" not in said


def test_nothing_heavy_is_imported_before_it_is_used() -> None:
    program = (
        "import sys, kb.scorers.llm.scorer, kb.scorers.llm.screen;"
        "print(sorted({'openai', 'httpx2', 'jinja2', 'numpy'} & set(sys.modules)))"
    )
    assert _printed(program) == "[]"


def test_warming_loads_the_client() -> None:
    program = (
        "import sys; from kb.scorers.llm import endpoint; endpoint.warm().join();"
        "print('openai' in sys.modules)"
    )
    assert _printed(program) == "True"


def _printed(program: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return ran.stdout.strip()
