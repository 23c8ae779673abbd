"""A model asked over the wire, by a server that answers badly on order."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence

import pytest
from standins.openai_faults import HARMLESS, PARTLY, TRANSPORT, UNSOUND, refusing
from standins.openai_server import Asked, Fault, ModelServer, Reply, numbers
from standins.vaults import paper

from kb.core.assessments import Assessment
from kb.core.papers import Paper
from kb.errors import ConfigError
from kb.scorers.llm.outcome import Judged, Outcome
from kb.scorers.llm.scorer import ModelScorer

Make = Callable[..., ModelScorer]
PAPERS = [paper(number) for number in range(1, 13)]


def holds(outcome: Outcome[Assessment], papers: Sequence[Paper] = PAPERS) -> None:
    """Every paper is judged or has a reason, and no score is another than the model's rule gives."""
    assert outcome.judged.keys().isdisjoint(outcome.reasons)
    assert outcome.judged.keys() | outcome.reasons.keys() == {each.id for each in papers}
    for arxiv_id, judged in outcome.judged.items():
        assert (judged.value.relevance, judged.value.novelty) == numbers(arxiv_id)
        assert judged.value.id == judged.id == arxiv_id
        assert judged.value.by == "stand-in"
    assert all(reason for reason in outcome.reasons.values())


def when_many(fault: Fault) -> Fault:
    """Only where more than one paper is asked about."""
    return lambda reply, asked: fault(reply, asked) if len(asked.ids) > 1 else reply


def test_a_day_is_judged(server: ModelServer, make: Make) -> None:
    outcome = make().assess(PAPERS)
    holds(outcome)
    assert not outcome.reasons
    assert outcome.stopped is None
    assert len(server.chats) == 1


def test_nothing_is_asked_about_nothing(server: ModelServer, make: Make) -> None:
    outcome = make().assess([])
    assert not outcome.judged
    assert not server.asked


def test_a_paper_that_comes_twice_is_asked_about_once(server: ModelServer, make: Make) -> None:
    outcome = make().assess([PAPERS[0], PAPERS[1], PAPERS[0]])
    holds(outcome, PAPERS[:2])
    assert server.chats[0].ids == [PAPERS[0].id, PAPERS[1].id]


@pytest.mark.parametrize("name", UNSOUND)
def test_a_reply_of_which_nothing_can_be_believed_is_asked_for_again(
    server: ModelServer, make: Make, name: str
) -> None:
    server.misbehave(UNSOUND[name], times=1)
    outcome = make().assess(PAPERS)
    holds(outcome)
    assert not outcome.reasons
    assert len(server.chats) > 1


@pytest.mark.parametrize("name", UNSOUND)
def test_a_model_that_only_answers_so_gives_no_score_and_is_given_up(
    server: ModelServer, make: Make, name: str
) -> None:
    server.misbehave(UNSOUND[name])
    outcome = make().assess(PAPERS)
    holds(outcome)
    assert not outcome.judged
    assert len(server.chats) < 40


@pytest.mark.parametrize("name", UNSOUND)
def test_a_batch_that_is_only_answered_so_is_asked_about_paper_by_paper(
    server: ModelServer, make: Make, name: str
) -> None:
    server.misbehave(when_many(UNSOUND[name]))
    outcome = make().assess(PAPERS)
    holds(outcome)
    assert not outcome.reasons
    sizes = [len(asked.ids) for asked in server.chats]
    assert sizes[0] == 12
    assert sizes.count(1) == 12
    assert {1, 3, 12} == set(sizes)


@pytest.mark.parametrize("name", PARTLY)
def test_what_is_sound_of_a_reply_is_taken_and_the_rest_asked_for_again(
    server: ModelServer, make: Make, name: str
) -> None:
    server.misbehave(PARTLY[name], times=1)
    outcome = make().assess(PAPERS)
    holds(outcome)
    assert not outcome.reasons
    again = [arxiv_id for asked in server.chats[1:] for arxiv_id in asked.ids]
    assert len(again) < len(PAPERS)
    assert len(again) == len(set(again)), "a paper with a sound answer was asked about again"


@pytest.mark.parametrize("name", PARTLY)
def test_a_model_that_only_answers_partly_invents_nothing(
    server: ModelServer, make: Make, name: str
) -> None:
    server.misbehave(PARTLY[name])
    outcome = make().assess(PAPERS)
    holds(outcome)
    assert len(server.chats) <= 3 * len(PAPERS)
    for judged in outcome.judged.values():
        assert len(judged.value.comment) < 600
        assert judged.value.topics == ()


@pytest.mark.parametrize("name", HARMLESS)
def test_what_only_looks_odd_is_understood_at_once(
    server: ModelServer, make: Make, name: str
) -> None:
    server.misbehave(HARMLESS[name])
    outcome = make().assess(PAPERS)
    holds(outcome)
    assert not outcome.reasons
    assert len(server.chats) == 1


@pytest.mark.parametrize("name", TRANSPORT)
def test_what_may_be_over_at_the_next_try_is_tried_again(
    server: ModelServer, make: Make, name: str
) -> None:
    server.misbehave(TRANSPORT[name], times=1)
    outcome = make().assess(PAPERS)
    holds(outcome)
    assert not outcome.reasons
    assert outcome.stopped is None
    assert (len(server.chats), outcome.usage.requests, outcome.usage.retries) == (2, 2, 1)


def test_a_paper_without_a_sound_answer_is_left_with_its_reason(
    server: ModelServer, make: Make
) -> None:
    bad = PAPERS[3].id

    def fault(reply: Reply, _asked: Asked) -> Reply:
        items = [i | {"relevance": 11} if i["id"] == bad else i for i in reply.items]
        return Reply(items)

    server.misbehave(fault)
    outcome = make().assess(PAPERS)
    holds(outcome)
    assert outcome.reasons == {bad: "its relevance is out of range"}
    assert [asked.ids for asked in server.chats[1:]] == [[bad]]
    assert outcome.stopped is None


def test_a_paper_that_a_filter_refuses_is_found_and_the_others_are_judged(
    server: ModelServer, make: Make
) -> None:
    bad = PAPERS[7].id
    refused = refusing(400, "The response was filtered", "content_filter")
    server.misbehave(lambda reply, asked: refused(reply, asked) if bad in asked.ids else reply)
    outcome = make().assess(PAPERS)
    holds(outcome)
    assert outcome.reasons.keys() == {bad}
    assert "filter" in outcome.reasons[bad]


def test_a_batch_that_is_too_long_is_divided(server: ModelServer, make: Make) -> None:
    refused = refusing(400, "This model's maximum context length is 99", "context_length_exceeded")
    server.misbehave(lambda reply, asked: refused(reply, asked) if len(asked.ids) > 3 else reply)
    outcome = make().assess(PAPERS)
    holds(outcome)
    assert not outcome.reasons


def test_a_paper_that_an_endpoint_chokes_on_takes_no_other_with_it(
    server: ModelServer, make: Make
) -> None:
    scorer = make()
    scorer.assess(PAPERS[:1])
    bad = PAPERS[5].id
    refused = refusing(400, "invalid unicode in input")
    server.misbehave(lambda reply, asked: refused(reply, asked) if bad in asked.ids else reply)
    outcome = scorer.assess(PAPERS)
    holds(outcome)
    assert outcome.reasons.keys() == {bad}
    assert scorer.ability is not None
    assert scorer.ability.form == "schema"


def test_answers_are_handed_over_as_they_come(server: ModelServer, make: Make) -> None:
    taken: list[Judged[Assessment]] = []
    server.misbehave(PARTLY["one is missing"], times=1)
    outcome = make().assess(PAPERS, taken.extend)
    assert {each.id: each for each in taken} == outcome.judged
    assert len(taken) == len(PAPERS)


def test_an_error_where_answers_are_put_down_is_not_swallowed(make: Make) -> None:
    def full(_judged: Sequence[Judged[Assessment]]) -> None:
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        make().assess(PAPERS, full)


def test_something_else_is_done_while_an_answer_is_waited_for(
    server: ModelServer, make: Make
) -> None:
    done = threading.Event()

    def after_that(reply: Reply, _asked: Asked) -> Reply:
        assert done.wait(30)
        return reply

    def meanwhile() -> None:
        assert threading.current_thread() is not threading.main_thread()
        done.set()

    server.misbehave(after_that)
    holds(make().assess(PAPERS, meanwhile=meanwhile))
    assert len(server.chats) == 1


def test_an_error_in_what_is_done_meanwhile_is_raised_once_all_answers_are_put_down(
    make: Make,
) -> None:
    taken: list[Judged[Assessment]] = []

    def full() -> None:
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        make(batch_tokens=500, concurrency=1).assess(PAPERS, taken.extend, full)
    assert len(taken) == len(PAPERS)


def test_what_is_done_meanwhile_is_over_when_the_asking_is_broken_off(
    server: ModelServer, make: Make
) -> None:
    begun, goes_on, done = threading.Event(), threading.Event(), threading.Event()

    def after_that(reply: Reply, _asked: Asked) -> Reply:
        assert begun.wait(30)
        return reply

    def meanwhile() -> None:
        begun.set()
        assert goes_on.wait(30)
        done.set()

    def interrupt(_judged: Sequence[Judged[Assessment]]) -> None:
        goes_on.set()
        raise KeyboardInterrupt

    server.misbehave(after_that)
    with pytest.raises(KeyboardInterrupt):
        make().assess(PAPERS, interrupt, meanwhile)
    assert done.is_set()


def test_shares_are_all_of_what_was_spent(server: ModelServer, make: Make) -> None:
    server.misbehave(PARTLY["one is missing"], times=1)
    server.models = ("gpt-4o",)
    outcome = make(model="gpt-4o").assess(PAPERS)
    shares = [judged.share for judged in outcome.judged.values()]
    assert sum(share.prompt for share in shares) == outcome.usage.prompt
    assert sum(share.completion for share in shares) == outcome.usage.completion
    assert outcome.usage.usd is not None
    assert math.isclose(sum(share.usd or 0 for share in shares), outcome.usage.usd)
    assert outcome.usage.usd > 0


def test_no_more_requests_than_allowed_are_under_way(server: ModelServer, make: Make) -> None:
    server.latency = 0.3
    many = [paper(number) for number in range(1, 241)]
    outcome = make(concurrency=3, batch_tokens=500).assess(many)
    holds(outcome, many)
    times = sorted(asked.at for asked in server.chats)
    assert len(times) > 6
    for index in range(len(times) - 3):
        assert times[index + 3] - times[index] > 0.25


def test_a_mistake_in_a_prompt_is_raised_before_anything_is_asked(
    server: ModelServer, make: Make
) -> None:
    own = {
        "assess.md": "{{ turn }}\n{{ fence }}\n{% for paper in papers %}\n{{ paper.nope }}\n{% endfor %}\n{{ fence }}"
    }
    with pytest.raises(ConfigError, match=r"\.kb/prompts/assess\.md, line 4"):
        make(scorer={"own_prompt": own.get}).assess(PAPERS)
    assert not server.chats
