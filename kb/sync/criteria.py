"""What papers are judged by: the topics, the scales, and what the reader has said so far."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from kb.core.pages import Layout
from kb.core.topics import parse_topics
from kb.errors import Problem

if TYPE_CHECKING:
    from kb.core.report import Report
    from kb.core.topics import Topics
    from kb.vault.vault import Vault


def topics_of(vault: Vault, report: Report) -> Topics:
    """The topics in force. Raises ConfigError where there are none; lines that could not be placed
    are told."""
    topics = parse_topics(vault.topics_text())
    report.problems += [
        Problem(
            f"{vault.layout.topics}:{line}",
            f"could not be placed and is read as free text: {text[:60]!r}",
        )
        for line, text in topics.unplaced
    ]
    return topics


def snapshot(vault: Vault) -> tuple[str, str]:
    """(vault path, text) of the topics and scales in force; the path changes when they do."""
    from kb import resources

    scales = resources.prompt("scales.md").strip("\n")
    topics = vault.topics_text().lstrip("\ufeff").replace("\r\n", "\n").strip("\n")
    settings = vault.settings.keep
    cutoffs = (
        f"Kept: relevance {settings.relevance} or more, novelty {settings.novelty} or more (not asked"
        f" of the local scorer), at most {settings.per_day or 'any number'} a day, and every paper by a"
        " followed author."
    )
    text = f"{topics}\n\n---\n\n{scales}\n\n{cutoffs}\n"
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return Layout.criteria(digest), text


def digest_of(path: str) -> str:
    """The name of a snapshot, as day records hold it."""
    return path.rpartition("/")[2].removesuffix(".md")
