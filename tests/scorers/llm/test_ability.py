"""What an endpoint can do is found once, whatever it refuses and however it says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from standins.openai_faults import TRANSPORT, UNSOUND, refusing
from standins.openai_server import Asked, ModelServer, Reply, numbers
from standins.vaults import paper

from kb.errors import ConfigError, TryLater
from kb.scorers.llm import ability
from kb.scorers.llm.ability import Ability
from kb.scorers.llm.endpoint import Endpoint
from kb.scorers.llm.scorer import ModelScorer

Make = Callable[..., ModelScorer]
PAPERS = [paper(number) for number in range(1, 13)]
MANY = [paper(number) for number in range(1, 121)]


def all_judged(scorer: ModelScorer) -> None:
    outcome = scorer.assess(PAPERS)
    assert outcome.stopped is None
    assert {i: (j.value.relevance, j.value.novelty) for i, j in outcome.judged.items()} == {
        each.id: numbers(each.id) for each in PAPERS
    }


def found(scorer: ModelScorer) -> Ability:
    assert scorer.ability is not None
    return scorer.ability


def test_the_best_is_tried_first(server: ModelServer, make: Make) -> None:
    scorer = make()
    assert scorer.ability is None
    all_judged(scorer)
    assert found(scorer) == Ability(limit="both")
    asked = server.chats[0]
    assert asked.body["temperature"] == 0
    assert asked.body["max_completion_tokens"] == asked.body["max_tokens"] > 12 * 200
    assert "stream" not in asked.body
    schema = asked.body["response_format"]["json_schema"]
    assert schema["strict"] is True
    one = schema["schema"]["properties"]["papers"]["items"]
    assert one["required"] == ["id", "relevance", "novelty", "topics", "comment", "summary"]
    assert one["additionalProperties"] is False
    assert "Understanding representations" in one["properties"]["topics"]["items"]["enum"]


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "'response_format.type' must be one of 'text', 'json_object'"),
        (400, "Invalid parameter: 'response_format' of type 'json_schema' is not supported"),
        (422, "response_format: unsupported"),
        (500, "Failed to parse grammar"),
        (500, 'JSON schema conversion failed: Unrecognized schema: {"enum": []}'),
        (500, "Internal Server Error"),
        (400, "Bad Request"),
    ],
)
@pytest.mark.parametrize("forms", [{"json_object", "text"}, {"text"}])
def test_an_endpoint_without_schemas(
    server: ModelServer, make: Make, status: int, message: str, forms: set[str]
) -> None:
    server.forms, server.form_refusal = forms, (status, message)
    scorer = make()
    all_judged(scorer)
    assert found(scorer).form == ("object" if "json_object" in forms else "plain")
    before = len(server.chats)
    all_judged(scorer)
    assert len(server.chats) == before + 1, "what was found is not looked for again"


def test_a_server_that_answers_in_code_blocks_and_knows_no_forms(
    server: ModelServer, make: Make
) -> None:
    server.forms = {"text"}

    def fenced(reply: Reply, asked: Asked) -> Reply:
        return replace(reply, text=f"```json\n{reply.content()}\n```") if not reply.raw else reply

    server.misbehave(fenced)
    scorer = make()
    all_judged(scorer)
    assert found(scorer).form == "plain"
    assert "One JSON object a line" in server.chats[-1].prompt


@pytest.mark.parametrize(
    "name", ["empty content", "only a thought", "reasoning instead of content"]
)
def test_a_model_that_says_nothing_where_it_is_held_to_a_schema(
    server: ModelServer, make: Make, name: str
) -> None:
    fault = UNSOUND[name]
    server.misbehave(lambda reply, asked: fault(reply, asked) if asked.form != "text" else reply)
    outcome = make().assess(PAPERS)
    assert len(outcome.judged) == len(PAPERS)


@pytest.mark.parametrize(
    ("refused", "limit", "temperature"),
    [
        (
            {"max_completion_tokens": "Unrecognized request argument: max_completion_tokens"},
            "max_tokens",
            True,
        ),
        (
            {
                "max_tokens": "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens'",
                "temperature": "Unsupported value: 'temperature' does not support 0 with this model",
            },
            "max_completion_tokens",
            False,
        ),
        (
            {
                "max_completion_tokens": "unknown field max_completion_tokens",
                "max_tokens": "unknown field max_tokens",
                "temperature": "temperature is fixed",
            },
            "",
            False,
        ),
    ],
)
def test_parameters_that_are_refused(
    server: ModelServer, make: Make, refused: dict[str, str], limit: str, temperature: bool
) -> None:
    server.refused = refused
    scorer = make()
    all_judged(scorer)
    assert found(scorer) == Ability(limit=limit, temperature=temperature)  # type: ignore[arg-type]
    assert not refused.keys() & server.chats[-1].body.keys()


def test_an_endpoint_that_knows_one_limit_at_a_time(server: ModelServer, make: Make) -> None:
    both = refusing(
        400, "Setting 'max_tokens' and 'max_completion_tokens' at once is not supported"
    )
    names = {"max_tokens", "max_completion_tokens"}
    server.misbehave(lambda r, asked: both(r, asked) if names <= asked.body.keys() else r)
    scorer = make()
    all_judged(scorer)
    assert found(scorer) == Ability()


def test_on_the_net_the_name_of_the_day_is_tried_first() -> None:
    assert "max_tokens" not in ability.first_tried(near=False).arguments({}, 100)
    for host, near in (("192.168.0.7", True), ("api.openai.com", False), ("box.local", True)):
        assert Endpoint(model="m", base_url=f"https://{host}/v1").is_near is near


def test_an_endpoint_that_refuses_much_and_says_nothing(server: ModelServer, make: Make) -> None:
    server.forms = {"text"}
    server.form_refusal = (400, "no")
    server.refused = dict.fromkeys(("max_completion_tokens", "max_tokens", "temperature"), "no")
    scorer = make()
    all_judged(scorer)
    assert found(scorer).form == "plain"


def test_a_model_without_system_messages(server: ModelServer, make: Make) -> None:
    refused = refusing(400, "System role not supported")
    server.misbehave(
        lambda reply, asked: refused(reply, asked) if len(asked.messages) > 1 else reply
    )
    scorer = make()
    all_judged(scorer)
    assert found(scorer) == Ability(limit="both", system=False)
    assert "## Topics" in server.chats[-1].messages[0]["content"]


def test_a_model_that_thinks_until_its_limit_gets_more_room(
    server: ModelServer, make: Make
) -> None:
    def thinking(reply: Reply, asked: Asked) -> Reply:
        wanted = 12 * 100 + 6000
        short = asked.body["max_completion_tokens"] < wanted
        return replace(reply, text="", finish="length") if short else reply

    server.misbehave(thinking)
    scorer = make()
    all_judged(scorer)
    assert found(scorer).room == 8000
    assert {len(asked.ids) for asked in server.chats} == {12}
    before = len(server.chats)
    all_judged(scorer)
    assert len(server.chats) == before + 1


def test_many_at_once_find_it_together(server: ModelServer, make: Make) -> None:
    server.forms = {"text"}
    server.refused = {"temperature": "temperature is fixed"}
    server.latency = 0.05
    scorer = make(batch_tokens=500)
    outcome = scorer.assess(MANY)
    assert len(outcome.judged) == len(MANY)
    assert found(scorer) == Ability(form="plain", limit="both", temperature=False)


def test_what_was_found_is_used_by_the_next_pass(server: ModelServer, make: Make) -> None:
    server.forms = {"text"}
    first = make()
    all_judged(first)
    kept = ability.load(found(first).dump())
    server.asked.clear()
    all_judged(make(scorer={"ability": kept}))
    assert [asked.form for asked in server.chats] == ["text"]


def test_an_endpoint_that_can_no_more_what_it_could_is_found_anew(
    server: ModelServer, make: Make
) -> None:
    server.forms = {"text"}
    scorer = make(scorer={"ability": Ability()})
    all_judged(scorer)
    assert found(scorer).form == "plain"


def test_what_was_tried_while_the_endpoint_was_down_is_not_remembered(
    server: ModelServer, make: Make
) -> None:
    server.misbehave(TRANSPORT["500"])
    scorer = make()
    assert isinstance(scorer.assess(PAPERS).stopped, TryLater)
    assert scorer.ability is None
    server.behave()
    all_judged(scorer)
    assert found(scorer) == Ability(limit="both")


def test_an_endpoint_that_refuses_everything_is_a_matter_of_configuration(
    server: ModelServer, make: Make
) -> None:
    server.misbehave(refusing(400, "unsupported request"))
    outcome = make().assess(PAPERS)
    assert isinstance(outcome.stopped, ConfigError)
    assert "unsupported request" in str(outcome.stopped)
    assert len(server.chats) < 10
    assert outcome.reasons.keys() == {each.id for each in PAPERS}


@pytest.mark.parametrize(
    "text",
    [None, "", "no", "[]", "{}", "1", '{"form": "schema"}', Ability().dump().replace("schema", "x"),
     Ability().dump().replace("true", "1"), Ability().dump().replace(": 0", ": -1"), "[" * 10_000],
)  # fmt: skip
def test_what_is_no_ability_is_none(text: str | None) -> None:
    assert ability.load(text) is None
    assert ability.load(Ability(form="plain", room=2000).dump()) == Ability(form="plain", room=2000)
