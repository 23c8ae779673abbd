from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from standins.openai_server import ModelServer

from kb import resources
from kb.config import LlmSettings
from kb.core.topics import Topics, parse_topics
from kb.scorers.llm.asking import Patience
from kb.scorers.llm.endpoint import Endpoint
from kb.scorers.llm.scorer import ModelScorer

QUICK = Patience(deadline=30, tries=3, backoff=0.01, longest_wait=5)


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


@pytest.fixture(scope="session")
def topics() -> Topics:
    return parse_topics(resources.template_file("Topics.md").decode())


Make = Callable[..., ModelScorer]


@pytest.fixture
def make(server: ModelServer, topics: Topics) -> Make:
    """A scorer that asks the server; settings of `[llm]` by name, the scorer's own in `scorer`."""

    def made(
        *, endpoint: Endpoint | None = None, scorer: dict[str, Any] | None = None, **settings: Any
    ) -> ModelScorer:
        model = settings.setdefault("model", "stand-in")
        where = endpoint or Endpoint(model=model, base_url=server.url)
        return ModelScorer(
            where, LlmSettings(**settings), topics, **{"patience": QUICK} | (scorer or {})
        )

    return made
