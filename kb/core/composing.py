"""A new note: its properties, and its text as `Templates/Paper.md` says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from kb.core import frontmatter, regions, tex
from kb.core.notes import REGION
from kb.core.properties import KEYS
from kb.core.templates import render
from kb.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kb.core.assessments import Assessment
    from kb.core.papers import Paper
    from kb.core.properties import Form


def properties(
    paper: Paper, assessment: Assessment, given: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The frontmatter of a new note, in order; keys without a value are left out.

    `given` is what somebody else said of the paper, such as a list it came from: it counts over
    the rest.
    """
    values: dict[str, Any] = {
        "title": tex.accents(paper.title),
        "aliases": [f"arXiv:{paper.id}"],
        "arxiv_id": paper.id,
        "version": paper.version,
        "authors": [tex.accents(author) for author in paper.authors] or None,
        "submitted": paper.submitted.date() if paper.submitted else None,
        "revised": paper.revised.date() if paper.revised else None,
        "announced": paper.announced,
        "primary": paper.primary or None,
        "categories": list(paper.categories) or None,
        "doi": paper.doi or None,
        "journal": tex.accents(paper.journal) or None,
        "author_comment": tex.accents(paper.comment) or None,
        "code": _code(paper),
        "topics": list(assessment.topics),
        "relevance": assessment.relevance or None,
        "novelty": assessment.novelty or None,
        "score": assessment.score or None,
        "scored_by": assessment.by if assessment.score else None,
        "provisional": True if assessment.provisional else None,
        "followed": list(assessment.followed) or None,
        "withdrawn": True if paper.withdrawn else None,
        "source": paper.source or None,
        "summary": tex.accents(assessment.summary),
        "url": paper.url,
        "pdf": paper.pdf,
    }
    values |= given or {}
    found = {key: value for key, value in values.items() if value is not None}
    found = {"status": "unread", "rating": None, "tags": ["paper"]} | found
    return {key: found[key] for key in KEYS if key in found}


def _code(paper: Paper) -> str | None:
    match = re.search(
        r"https?://(?:www\.)?(?:github|gitlab|codeberg)\.(?:com|org)/[\w.\-]+/[\w.\-]*\w",
        f"{paper.comment} {paper.abstract}",
    )
    return match[0] if match else None


def body(
    paper: Paper, assessment: Assessment, form: Form, given: Mapping[str, Any] | None = None
) -> str:
    """Everything of a new note below the frontmatter, as `Templates/Paper.md` says.

    Raises ConfigError when the template does not keep exactly one `paper` region.
    """
    values = properties(paper, assessment, given)
    variables = {key: values.get(key) for key in KEYS} | {
        "title": tex.readable(paper.title),
        "authors": [tex.readable(tex.accents(author)) for author in paper.authors],
        "author_comment": tex.readable(paper.comment),
        "journal": tex.readable(paper.journal),
        "summary": tex.readable(assessment.long or assessment.summary),
        "comment": tex.readable(assessment.comment),
        "topics": [tex.readable(topic) for topic in values["topics"]],
        "followed": [tex.readable(name) for name in assessment.followed],
        "abstract": tex.readable(paper.abstract),
        "doi": paper.doi,
        "withdrawn": paper.withdrawn,
        "provisional": assessment.provisional,
    }
    variables = {
        key: regions.defuse(value) if isinstance(value, str) else value
        for key, value in variables.items()
    }
    text = render(form.template, variables, name=form.name)
    try:
        region = regions.find(text, REGION)
    except regions.RegionError as error:
        raise ConfigError(f"{form.name}: {error}") from None
    if region is None:
        raise ConfigError(
            f"{form.name} has lost its region: put <!-- kb:begin paper --> and"
            " <!-- kb:end paper --> around what kb may rewrite, each alone on its line"
        )
    return text.strip("\n") + "\n"


def checked_template(text: str, name: str) -> str:
    """`text`, if notes can be made from it. Raises ConfigError as `body` does."""
    from kb.core.assessments import Assessment
    from kb.core.papers import Paper
    from kb.core.properties import Form

    blank = Paper(id="0000.00000", title="x", authors=("x",), abstract="x", categories=("cs.LG",))
    body(blank, Assessment(id=blank.id, relevance=1, novelty=1), Form(text, name))
    return text


def compose(
    paper: Paper, assessment: Assessment, form: Form, given: Mapping[str, Any] | None = None
) -> str:
    """A whole new note: frontmatter and body."""
    block = frontmatter.dump(form.properties.written(properties(paper, assessment, given)))
    return f"{block}\n{body(paper, assessment, form, given)}"
