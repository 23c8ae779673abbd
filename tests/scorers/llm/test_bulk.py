"""Papers handed to the provider's queue, and fetched by another process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from standins.openai_faults import HARMLESS, PARTLY, UNSOUND
from standins.openai_server import ModelServer, numbers
from standins.vaults import paper

from kb.errors import ConfigError, TryLater
from kb.scorers.llm import bulk
from kb.scorers.llm.ability import Ability
from kb.scorers.llm.endpoint import Endpoint
from kb.scorers.llm.scorer import ModelScorer

Make = Callable[..., ModelScorer]
PAPERS = [paper(number) for number in range(1, 101)]


def test_what_is_handed_in_is_collected_after_a_restart(server: ModelServer, make: Make) -> None:
    server.batch_pace = 2
    kept = make().hand_in(PAPERS).dump()
    assert not server.chats
    assert make().collect(bulk.load(kept)) is None
    outcome = make().collect(bulk.load(kept))
    assert outcome is not None
    assert not outcome.reasons
    assert {i: (j.value.relevance, j.value.novelty) for i, j in outcome.judged.items()} == {
        each.id: numbers(each.id) for each in PAPERS
    }
    again = make().collect(bulk.load(kept))
    assert again is not None
    assert again.judged == outcome.judged, "collecting twice gives the same"


def test_the_queue_costs_half(server: ModelServer, make: Make) -> None:
    server.models = ("gpt-4o",)
    scorer = make(model="gpt-4o")
    outcome = scorer.collect(scorer.hand_in(PAPERS))
    assert outcome is not None
    asked = make(model="gpt-4o").assess(PAPERS).usage
    assert asked.usd is not None
    assert outcome.usage.usd == pytest.approx(asked.usd / 2)
    assert scorer.spent == outcome.usage.usd
    shares = [judged.share for judged in outcome.judged.values()]
    assert sum(share.prompt for share in shares) == outcome.usage.prompt


@pytest.mark.parametrize("name", [*UNSOUND, *PARTLY])
def test_bad_answers_in_the_queue_are_no_scores(server: ModelServer, make: Make, name: str) -> None:
    server.misbehave((UNSOUND | PARTLY)[name])
    scorer = make()
    outcome = scorer.collect(scorer.hand_in(PAPERS[:20]))
    assert outcome is not None
    assert outcome.judged.keys().isdisjoint(outcome.reasons)
    assert outcome.judged.keys() | outcome.reasons.keys() == {each.id for each in PAPERS[:20]}
    for arxiv_id, judged in outcome.judged.items():
        assert (judged.value.relevance, judged.value.novelty) == numbers(arxiv_id)
    assert bool(outcome.judged) is (name in PARTLY)


@pytest.mark.parametrize("name", HARMLESS)
def test_odd_answers_in_the_queue_are_understood(
    server: ModelServer, make: Make, name: str
) -> None:
    server.misbehave(HARMLESS[name])
    scorer = make()
    outcome = scorer.collect(scorer.hand_in(PAPERS[:20]))
    assert outcome is not None
    assert len(outcome.judged) == 20


def test_what_is_known_of_the_endpoint_is_used(server: ModelServer, make: Make) -> None:
    made = make(scorer={"ability": Ability(form="object", temperature=False)}).hand_in(PAPERS[:2])
    task = next(iter(server.files.values())).decode()
    assert '"json_object"' in task
    assert "temperature" not in task
    assert made.papers == [each.id for each in PAPERS[:2]]


def test_requests_that_fail_in_the_queue_have_their_reason(server: ModelServer, make: Make) -> None:
    made = make().hand_in(PAPERS[:20])
    server.models = ("another",)
    outcome = make().collect(made)
    assert outcome is not None
    assert not outcome.judged
    assert all("does not exist" in reason for reason in outcome.reasons.values())


@pytest.mark.parametrize("status", ["failed", "expired", "cancelled"])
def test_a_batch_that_came_to_nothing(server: ModelServer, make: Make, status: str) -> None:
    made = make().hand_in(PAPERS[:20])
    server.batches[made.id].status = status
    outcome = make().collect(made)
    assert outcome is not None
    assert not outcome.judged
    assert set(outcome.reasons.values()) == {f"was not answered (the batch is {status})"}


def test_a_result_file_with_rubbish_in_it(server: ModelServer, make: Make) -> None:
    made = make().hand_in(PAPERS)
    scorer = make()
    assert scorer.collect(made) is not None
    name = server.batches[made.id].output_file
    assert name is not None
    lines = server.files[name].splitlines()
    rubbish = [b"", b"no", b"[]", b'{"custom_id": "kb-0"}', b'{"custom_id": "else"}', b"[" * 9999]
    server.files[name] = b"\n".join([*rubbish, *lines[1:]])
    outcome = scorer.collect(made)
    assert outcome is not None
    assert len(outcome.judged) + len(outcome.reasons) == len(PAPERS)
    assert outcome.judged
    assert outcome.reasons


def test_a_batch_that_the_endpoint_has_forgotten(make: Make) -> None:
    made = replace(make().hand_in(PAPERS[:2]), id="batch-99")
    with pytest.raises(ConfigError, match="No batch found"):
        make().collect(made)


def test_nobody_there(make: Make) -> None:
    with ModelServer() as gone:
        where = Endpoint(model="stand-in", base_url=gone.url)
    with pytest.raises(TryLater):
        make(endpoint=where).hand_in(PAPERS)


@pytest.mark.parametrize("text", ["", "no", "[]", "{}", '{"id": "x"}'])
def test_what_is_no_batch(text: str) -> None:
    with pytest.raises(ValueError):
        bulk.load(text)
