"""The stand-in speaks the protocol that the real client speaks."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from standins.openai_server import ModelServer, numbers

FENCED = "=== x1 ===\n[2503.00001] A title\n An abstract.\n[2503.00002] Another\n=== x1 ===\n"
MESSAGES: Any = [{"role": "user", "content": FENCED}]


@pytest.fixture
def client(server: ModelServer) -> Iterator[openai.OpenAI]:
    http = openai.DefaultHttpxClient(trust_env=False)
    with openai.OpenAI(api_key="k", base_url=server.url, max_retries=0, http_client=http) as opened:
        yield opened


def test_models(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["stand-in"]


@pytest.mark.parametrize("stream", [False, True])
def test_a_completion(client: openai.OpenAI, stream: bool) -> None:
    made: Any = client.chat.completions.create(model="stand-in", messages=MESSAGES, stream=stream)
    if stream:
        text = "".join(chunk.choices[0].delta.content or "" for chunk in made)
    else:
        text = made.choices[0].message.content
        assert made.usage.total_tokens == made.usage.prompt_tokens + made.usage.completion_tokens
    papers = json.loads(text)["papers"]
    assert [(p["id"], p["relevance"], p["novelty"]) for p in papers] == [
        ("2503.00001", *numbers("2503.00001")),
        ("2503.00002", *numbers("2503.00002")),
    ]


def test_errors_are_the_client_s_own(server: ModelServer, client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="does not exist"):
        client.chat.completions.create(model="no", messages=MESSAGES)
    server.key = "another"
    with pytest.raises(openai.AuthenticationError):
        client.chat.completions.create(model="stand-in", messages=MESSAGES)


def test_files_and_batches(server: ModelServer, client: openai.OpenAI) -> None:
    server.batch_pace = 2
    tasks = [
        {
            "custom_id": f"t{n}",
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": {"model": model, "messages": MESSAGES},
        }
        for n, model in enumerate(("stand-in", "no"))
    ]
    data = "\n".join(json.dumps(task) for task in tasks).encode()
    sent = client.files.create(file=("tasks.jsonl", io.BytesIO(data)), purpose="batch")
    assert server.files[sent.id] == data
    batch = client.batches.create(
        input_file_id=sent.id, endpoint="/v1/chat/completions", completion_window="24h"
    )
    assert client.batches.retrieve(batch.id).status == "in_progress"
    done = client.batches.retrieve(batch.id)
    assert done.status == "completed"
    assert done.output_file_id is not None
    assert done.error_file_id is not None
    (line,) = client.files.content(done.output_file_id).text.splitlines()
    answer = json.loads(line)
    assert answer["custom_id"] == "t0"
    assert "2503.00001" in answer["response"]["body"]["choices"][0]["message"]["content"]
    (wrong,) = client.files.content(done.error_file_id).text.splitlines()
    assert json.loads(wrong)["response"]["status_code"] == 404
    with pytest.raises(openai.NotFoundError):
        client.batches.retrieve("batch-99")
