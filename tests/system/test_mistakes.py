from __future__ import annotations

import json
from pathlib import Path

import pytest
from standins.box import Box
from standins.vaults import record

from kb.errors import ConfigError
from kb.vault.vault import Vault


def opened(box: Box, *, forgiving: bool = True) -> Vault:
    return Vault(box.root, forgiving=forgiving)


def test_the_last_version_without_a_mistake_stays_in_force(box: Box) -> None:
    topics, template = box.text("Topics.md"), box.text("Templates/Paper.md")
    with opened(box) as vault:
        relevance = vault.settings.keep.relevance
        assert not vault.mistakes()
    box.write("kb.toml", box.text("kb.toml") + "\nspeed = 3\n")
    box.write("Topics.md", "nothing to look for\n")
    box.write("Templates/Paper.md", template.replace("{{", "{{ nonsense |", 1))
    with opened(box) as vault:
        assert vault.settings.keep.relevance == relevance
        assert vault.topics_text() == topics
        assert vault.template_text() == template
        told = {each.where: each.why for each in vault.mistakes()}
    assert set(told) == {"kb.toml", "Topics.md", "Templates/Paper.md"}
    assert "speed" in told["kb.toml"]
    assert "names no topic" in told["Topics.md"]
    assert "line" in told["Templates/Paper.md"]
    with pytest.raises(ConfigError, match="speed"):
        opened(box, forgiving=False)
    box.write("kb.toml", box.text("kb.toml").replace("\nspeed = 3\n", ""))
    with opened(box, forgiving=False) as vault:
        assert [each.where for each in vault.mistakes()] == ["Topics.md", "Templates/Paper.md"]
        with pytest.raises(ConfigError, match="names no topic"):
            vault.topics_text()


def test_where_nothing_good_is_known_a_mistake_is_an_error(
    box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KB_CACHE_DIR", str(tmp_path / "another"))
    box.write("kb.toml", "[")
    with pytest.raises(ConfigError, match="TOML"):
        opened(box)
    box.write("kb.toml", "version = 1\n")
    box.write("Topics.md", "")
    with opened(box) as vault, pytest.raises(ConfigError, match="names no topic"):
        vault.topics_text()


def test_status_names_mistakes_and_sync_can_go_on(box: Box, tmp_path: Path) -> None:
    box.kb("sync", "--feed", "sample")
    box.write("Topics.md", "")
    assert [each["path"] for each in box.json("status")["mistakes"]] == ["Topics.md"]
    assert "mistake: Topics.md" in box.kb("status")
    (feed := tmp_path / "feed.jsonl").write_text(json.dumps(record(1)))
    box.kb("sync", "--feed", str(feed), code=2)
    box.kb("sync", "--feed", str(feed), "--last-good")
    box.write("kb.toml", "[")
    assert "mistake: kb.toml" in box.kb("status")
    box.kb("index", code=2)
