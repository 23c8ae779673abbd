"""An endpoint that does not answer: whose fault it is, and what is done about it."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable

import pytest
from standins.openai_faults import DRIP, HANG, TRANSPORT, dated, page, refusing
from standins.openai_server import Fault, ModelServer
from standins.vaults import paper

from kb.errors import ConfigError, KbError, TryLater
from kb.scorers.llm import failures
from kb.scorers.llm.asking import Patience
from kb.scorers.llm.endpoint import Endpoint
from kb.scorers.llm.scorer import ModelScorer

Make = Callable[..., ModelScorer]
PAPERS = [paper(number) for number in range(1, 13)]
KEY = "sk-proj-a1B2c3D4e5F6g7H8i9J0"


def stopped(scorer: ModelScorer) -> KbError:
    """Why it ended; nothing is judged then, and every paper's reason says so."""
    outcome = scorer.assess(PAPERS)
    assert outcome.stopped is not None
    assert not outcome.judged
    assert outcome.reasons.keys() == {each.id for each in PAPERS}
    assert all(str(outcome.stopped) in reason for reason in outcome.reasons.values())
    return outcome.stopped


@pytest.mark.parametrize("sent", [KEY, ""])
def test_a_wrong_key_is_a_matter_of_configuration_and_is_not_shown(
    server: ModelServer, make: Make, sent: str, caplog: pytest.LogCaptureFixture
) -> None:
    server.key = "another"
    caplog.set_level(logging.DEBUG)
    where = Endpoint(model="stand-in", base_url=server.url, key=sent)
    error = stopped(make(endpoint=where))
    assert isinstance(error, ConfigError)
    assert "OPENAI_API_KEY" in str(error)
    assert len(server.chats) == 1
    assert KEY not in str(error) + caplog.text
    assert KEY not in repr(where)


def test_a_key_that_the_endpoint_shows_in_part_is_not_shown_either(
    server: ModelServer, make: Make
) -> None:
    server.misbehave(refusing(401, f"Incorrect API key provided: {KEY[:8]}*****{KEY[-4:]}."))
    error = stopped(make(endpoint=Endpoint(model="stand-in", base_url=server.url, key=KEY)))
    assert KEY[:8] not in str(error)
    assert KEY[-4:] not in str(error)


def test_the_key_is_sent_and_only_where_there_is_one(server: ModelServer, make: Make) -> None:
    server.key = KEY
    scorer = make(endpoint=Endpoint(model="stand-in", base_url=server.url, key=KEY))
    assert len(scorer.assess(PAPERS).judged) == len(PAPERS)
    server.key = ""
    make().assess(PAPERS)
    assert "authorization" not in server.chats[-1].headers


@pytest.mark.parametrize(
    "fault",
    [
        refusing(404, "The model `x` does not exist or you do not have access", "model_not_found"),
        refusing(404, 'model "x" not found, try pulling it first'),
        refusing(400, "x is not a valid model ID"),
        refusing(404, "The API deployment for this resource does not exist", "DeploymentNotFound"),
        page(404),
    ],
)
def test_an_unknown_model_or_address(server: ModelServer, make: Make, fault: Fault) -> None:
    server.misbehave(fault)
    error = stopped(make())
    assert isinstance(error, ConfigError)
    assert "stand-in" in str(error)
    assert "llm.model" in str(error)
    assert len(server.chats) == 1


def test_the_model_of_the_settings_that_the_server_does_not_have(
    server: ModelServer, make: Make
) -> None:
    assert isinstance(stopped(make(model="gpt-9")), ConfigError)


@pytest.mark.parametrize(
    "fault",
    [
        refusing(429, "You exceeded your current quota, check your billing", "insufficient_quota"),
        refusing(402, "Insufficient credits"),
        refusing(402, ""),
        refusing(403, "Your account has insufficient balance"),
    ],
)
def test_an_exhausted_quota_is_not_asked_again(
    server: ModelServer, make: Make, fault: Fault
) -> None:
    server.misbehave(fault)
    error = stopped(make())
    assert isinstance(error, TryLater)
    assert "used up" in str(error)
    assert len(server.chats) == 1


@pytest.mark.parametrize("name", TRANSPORT)
def test_an_endpoint_that_stays_down_is_for_later(
    server: ModelServer, make: Make, name: str
) -> None:
    server.misbehave(TRANSPORT[name])
    error = stopped(make())
    assert isinstance(error, TryLater)
    assert len(server.chats) <= 5


def test_nobody_there(make: Make) -> None:
    with ModelServer() as gone:
        where = Endpoint(model="stand-in", base_url=gone.url)
    error = stopped(make(endpoint=where))
    assert isinstance(error, TryLater)
    assert "127.0.0.1" in str(error)


@pytest.mark.parametrize("fault", [HANG, DRIP], ids=["silence", "a slow body"])
def test_our_own_time_out(server: ModelServer, make: Make, fault: Fault) -> None:
    server.misbehave(fault)
    patience = Patience(deadline=0.4, tries=4, backoff=0.01)
    error = stopped(make(scorer={"patience": patience}))
    assert isinstance(error, TryLater)
    assert "llm.timeout" in str(error)
    assert len(server.chats) == 2, "waiting is tried twice, not four times"


def test_silence_once_is_asked_again(server: ModelServer, make: Make) -> None:
    server.misbehave(HANG, times=1)
    patience = Patience(deadline=2, tries=4, backoff=0.01)
    assert len(make(scorer={"patience": patience}).assess(PAPERS).judged) == len(PAPERS)


@pytest.mark.parametrize(
    "fault", [refusing(429, Retry_After="1"), refusing(503, Retry_After="1"), dated(2)]
)
def test_a_rest_that_is_asked_for_is_given(server: ModelServer, make: Make, fault: Fault) -> None:
    server.misbehave(fault, times=1)
    assert len(make().assess(PAPERS).judged) == len(PAPERS)
    first, second = (asked.at for asked in server.chats)
    assert second - first >= 0.95


def test_while_it_rests_nothing_is_sent(server: ModelServer, make: Make) -> None:
    many = [paper(number) for number in range(1, 121)]
    server.misbehave(refusing(429, Retry_After="1"), times=1)
    outcome = make(batch_tokens=500, concurrency=2).assess(many)
    assert len(outcome.judged) == len(many)
    times = sorted(asked.at for asked in server.chats)
    assert max(later - at for at, later in itertools.pairwise(times)) >= 0.9


def test_a_long_rest_is_for_later(server: ModelServer, make: Make) -> None:
    server.misbehave(refusing(429, Retry_After="3600"))
    error = stopped(make())
    assert isinstance(error, TryLater)
    assert error.seconds == 3600
    assert len(server.chats) == 1


def test_a_limit_that_lets_one_through_now_and_then_is_lived_with(
    server: ModelServer, make: Make
) -> None:
    many = [paper(number) for number in range(1, 61)]
    refused, count = refusing(429, "slow down"), iter(range(10**6))
    server.misbehave(lambda reply, asked: reply if next(count) % 3 == 0 else refused(reply, asked))
    outcome = make(batch_tokens=500, concurrency=4).assess(many)
    assert len(outcome.judged) == len(many)
    assert outcome.stopped is None


def test_what_was_judged_before_the_end_is_kept(server: ModelServer, make: Make) -> None:
    many = [paper(number) for number in range(1, 61)]
    count = iter(range(10**6))
    gone = refusing(429, "no", "insufficient_quota")
    server.misbehave(lambda reply, asked: reply if next(count) < 2 else gone(reply, asked))
    outcome = make(batch_tokens=500, concurrency=1).assess(many)
    assert isinstance(outcome.stopped, TryLater)
    first = {arxiv_id for asked in server.chats[:2] for arxiv_id in asked.ids}
    assert outcome.judged.keys() == first
    assert outcome.reasons.keys() == {each.id for each in many} - first


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_nobody_else_is_told_anything(server: ModelServer, make: Make, status: int) -> None:
    with ModelServer() as elsewhere:
        server.misbehave(refusing(status, "", Location=f"{elsewhere.url}/chat/completions"))
        where = Endpoint(model="stand-in", base_url=server.url, key=KEY)
        error = stopped(make(endpoint=where))
        assert isinstance(error, ConfigError)
        assert "llm.base_url" in str(error)
        assert not elsewhere.asked


def test_azure_s_address_has_its_version_in_every_request(server: ModelServer, make: Make) -> None:
    base = server.url.removesuffix("/v1") + "/openai/deployments/mine"
    where = Endpoint(model="stand-in", base_url=base, query={"api-version": "2024-10-21"})
    assert len(make(endpoint=where).assess(PAPERS).judged) == len(PAPERS)
    assert server.chats[0].path == "/openai/deployments/mine/chat/completions"
    assert server.chats[0].query == {"api-version": "2024-10-21"}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        (
            {
                "retry-after": "Wed, 21 Oct 2026 07:28:30 GMT",
                "date": "Wed, 21 Oct 2026 07:28:00 GMT",
            },
            30.0,
        ),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert failures.retry_after(headers) == seconds


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, b'{"error": {"message": "x", "code": "content_filter"}}', "filtered"),
        (400, b'{"error": {"message": "x", "innererror": {"code": "ResponsibleAIPolicyViolation"}}}', "filtered"),
        (403, b'{"error": {"message": "Input was flagged"}}', "filtered"),
        (400, b'{"error": {"code": "context_length_exceeded"}}', "long"),
        (400, b'{"error": "the request exceeds the available context size"}', "long"),
        (413, b"", "long"),
        (401, b"", "key"),
        (403, b"<html>", "key"),
        (400, b'{"error": {"message": "Invalid model name: x"}}', "model"),
        (429, b"", "rate"),
        (429, b'{"error": {"message": "Limit 3, add a payment method at /billing", "code": "x"}}', "rate"),
        (429, b'{"error": {"message": "Request too large for m on tokens per min"}}', "long"),
        (429, b'{"error": {"message": "x", "code": "insufficient_quota"}}', "quota"),
        (307, b"", "model"),
        (408, b"", "again"),
        (524, b"<html>timeout</html>", "again"),
        (500, b'[{"error": {"message": "grammar: bad"}}]', "refused"),
        (400, b'{"detail": [{"loc": ["body", "x"], "msg": "extra"}]}', "refused"),
        (418, b"[" * 50_000, "refused"),
    ],
)  # fmt: skip
def test_kinds(status: int, body: bytes, kind: str) -> None:
    assert failures.of_status(status, {}, body).kind == kind
