from __future__ import annotations

from pathlib import Path

import pytest

from kb import config
from kb.errors import ConfigError


def test_an_empty_file_means_the_defaults() -> None:
    settings = config.parse("")
    assert settings.arxiv.categories == ["cs.LG", "cs.AI"]
    assert settings.keep.cutoffs.relevance == 7
    assert settings.folders.papers == "Papers/{announced:%Y-%m}"
    assert settings.git.commit == "notes"


def test_the_contract_s_example_is_understood() -> None:
    settings = config.parse(
        """
version = 1
[arxiv]
categories = ["cs.LG", "hep-th", "cond-mat.mes-hall", "q-bio.NC"]
announce = ["new"]
backlog_days = 5
[keep]
relevance = 8
per_day = 0
follow = ["Jane Doe"]
[folders]
root = "arXiv/"
[llm]
base_url = "http://localhost:11434/v1"
daily_budget = 1
[git]
commit = "own"
settle = 5
[sync]
at = ["auto", "07:30"]
"""
    )
    assert settings.folders.root == "arXiv"
    assert settings.at("Daily", "x.md") == "arXiv/Daily/x.md"
    assert settings.sync.at == ["auto", "07:30"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[keep]\nrelevence = 7", "unknown key keep.relevence (did you mean relevance?)"),
        ("categorys = 1", "unknown key categorys"),
        ("[keep]\nrelevance = 11", "keep.relevance"),
        ('[keep]\nrelevance = "7"', "keep.relevance"),
        ('[arxiv]\ncategories = ["Machine Learning"]', "not an arXiv category"),
        ("[arxiv]\ncategories = []", "arxiv.categories"),
        ('[folders]\npapers = "../outside"', "inside the vault"),
        ('[folders]\npapers = "/etc"', "inside the vault"),
        ('[folders]\nroot = "C:/x"', "inside the vault"),
        ('[git]\ncommit = "all"', "git.commit"),
        ('[sync]\nat = ["25:00"]', "07:30"),
        ("[llm]\nconcurrency = 0", "llm.concurrency"),
        ("[llm]\ntimeout = 0", "llm.timeout"),
        ("[llm]\nscreen_floor = 1.5", "llm.screen_floor"),
        ('[llm]\nnotes = "all"', "llm.notes"),
        ('[llm]\nmodel = ""', "llm.model"),
        ('[llm.prices."m"]\ninput = -1\noutput = 1', "llm.prices.m.input"),
        ('[llm.prices."m"]\ninput = 1', "llm.prices.m.output"),
        (
            '[llm.prices."m"]\ninput = 1\noutput = 1\nchached = 1',
            "unknown key llm.prices.m.chached (did you mean cached?)",
        ),
        ("version = 2", "version"),
        ("[keep", "not valid TOML"),
        ("a = " + "[" * 100_000, "nested too deep"),
    ],
)
def test_mistakes_are_named(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config.parse(text)
    assert said in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_price_of_one_s_own() -> None:
    prices = config.parse('[llm.prices."a/b:free"]\ninput = 1\noutput = 2.5').llm.prices
    assert (prices["a/b:free"].input, prices["a/b:free"].cached) == (1, None)


@pytest.mark.parametrize(
    "secret", ["sk-proj-" + "a1B2" * 8, "ghp_" + "x9" * 18, "AIza" + "Sy0" * 12, "0f" * 20]
)
def test_a_secret_is_refused_and_not_repeated(secret: str) -> None:
    with pytest.raises(ConfigError, match="OPENAI_API_KEY") as caught:
        config.parse(f'[llm]\nmodel = "{secret}"')
    assert secret not in str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        "gpt-4o-mini",
        "meta-llama/Llama-3.3-70B-Instruct-Turbo-Free",
        "deepseek-r1:70b-distill-q4_K_M",
    ],
)
def test_a_model_s_name_is_no_secret(name: str) -> None:
    assert config.parse(f'[llm]\nmodel = "{name}"').llm.model == name


def test_a_missing_file_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="kb init"):
        config.load(tmp_path / "kb.toml")
