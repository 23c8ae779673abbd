"""Questions to arXiv: the announcement feed, papers by submission time, papers by id."""

from __future__ import annotations

import logging
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qs, quote, urlsplit

from kb.core.papers import Paper, parse_arxiv_id
from kb.errors import Problem, TryLater
from kb.sources import fields
from kb.sources.arxiv.pacing import Pacing, is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

    import arxiv

    from kb.sources.arxiv.transport import Patience, Transport
    from kb.sources.atom import AtomPage
    from kb.sources.rss import RssFeed

log = logging.getLogger(__name__)

API = "https://export.arxiv.org/api/query"
RSS = "https://rss.arxiv.org/rss/"

PAGE_SIZE = 1000
IDS_A_QUESTION = 100
QUERY_LIMIT = 30_000
"""Papers one query gives out (https://info.arxiv.org/help/api/user-manual.html)."""
ROUNDS = 3


class ArxivSource:
    """arXiv, or the mirror or stand-in below `base_url`.

    `clock` gives aware times. `progress` is told what is being fetched, how many papers came, and
    how many there are. Every method raises TryLater when arXiv gives no sound answer.
    """

    def __init__(
        self,
        base_url: str | None,
        cache_dir: Path,
        clock: Callable[[], datetime],
        progress: Callable[[str, int, int | None], None] | None = None,
        *,
        patience: Patience | None = None,
        page_size: int = PAGE_SIZE,
        query_limit: int = QUERY_LIMIT,
    ) -> None:
        base = (base_url or "").rstrip("/")
        self._api = f"{base}/api/query" if base else API
        self._rss = f"{base}/rss/" if base else RSS
        self._pacing = Pacing(cache_dir, lambda: clock().timestamp())
        self._patience = patience
        self._progress = progress or (lambda _label, _done, _total: None)
        self._page_size = page_size
        self._query_limit = query_limit
        self._transport: Transport | None = None
        self._pages: list[AtomPage] = []
        self.problems: list[Problem] = []
        """Entries that could not be read, in the order they came."""

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def announcement_feed(self, categories: Iterable[str]) -> RssFeed:
        """The feed as it is now; `day` says of which day it is, and it is not always today's."""
        from kb.sources.rss import parse_rss

        names = "+".join(quote(category, safe=".-") for category in categories)
        self._progress("announcement feed", 0, None)
        feed = parse_rss(self._open().get(self._rss + names).content)
        self.problems += [
            Problem(f"the feed of {feed.day}, {p.where}", p.why) for p in feed.problems
        ]
        self._progress("announcement feed", len(feed.items), len(feed.items))
        return feed

    def submitted_between(
        self, categories: Collection[str], start: datetime, end: datetime, label: str = "papers"
    ) -> list[Paper]:
        """Every paper listed in one of `categories` and first submitted from `start` to `end`.

        In the order of submission, each once, without an announcement day.
        """
        wanted = " OR ".join(f"cat:{category}" for category in categories)
        first, last = start.astimezone(UTC), end.astimezone(UTC)
        query = f"({wanted}) AND submittedDate:[{first:%Y%m%d%H%M} TO {last:%Y%m%d%H%M}]"
        try:
            found = self._whole(query, label)
        except _TooManyError:
            half = (first + (last - first) / 2).replace(second=0, microsecond=0)
            if half - first < timedelta(minutes=1):
                raise TryLater(
                    f"arXiv counts more papers than it gives out for {query}; run kb sync again later"
                ) from None
            early = self.submitted_between(categories, first, half, label)
            late = self.submitted_between(categories, half + timedelta(minutes=1), last, label)
            found = {paper.id: paper for paper in [*early, *late]}
        return sorted(found.values(), key=lambda p: (p.submitted or first, p.id))

    def by_ids(self, ids: Iterable[str]) -> list[Paper]:
        """What arXiv knows of these ids; unknown ones are missing.

        An id with a version asks for that version, one without for the newest.
        """
        import arxiv

        asked = list(dict.fromkeys(ids))
        found: list[Paper] = []
        for at in range(0, len(asked), IDS_A_QUESTION):
            search = arxiv.Search(id_list=asked[at : at + IDS_A_QUESTION], max_results=None)
            found += self._papers(search, IDS_A_QUESTION)
            self._progress("papers by id", min(at + IDS_A_QUESTION, len(asked)), len(asked))
        return list({paper.id: paper for paper in found}.values())

    def _whole(self, query: str, label: str) -> dict[str, Paper]:
        """Every paper of the query. Raises _TooManyError where it has more than one query gives out.

        Pages move while arXiv takes in papers, and ties are not always sorted alike: where what came
        is not what was counted, the question is asked again, from the other end.
        """
        import arxiv

        found: dict[str, Paper] = {}
        counted = unread = 0
        for attempt in range(ROUNDS):
            order = arxiv.SortOrder.Descending if attempt % 2 else arxiv.SortOrder.Ascending
            search = arxiv.Search(
                query,
                max_results=None,
                sort_by=arxiv.SortCriterion.SubmittedDate,
                sort_order=order,
            )
            before = len(self.problems)
            for paper in self._papers(search, self._page_size):
                found[paper.id] = paper
                counted = self._pages[0].total or 0
                if counted > self._query_limit:
                    raise _TooManyError
                if len(found) % 100 == 0:
                    self._progress(label, len(found), counted)
            unread = len(self.problems) - before
            totals = {page.total for page in self._pages}
            counted = max(total or 0 for total in totals)
            if len(totals) == 1 and len(found) + unread >= counted:
                self._progress(label, len(found), counted)
                return found
            log.warning("arXiv counted %s papers and gave %d", sorted(map(str, totals)), len(found))
        raise TryLater(
            f"arXiv counts {counted} papers but gave {len(found) + unread}; run kb sync again later"
        )

    def _papers(self, search: arxiv.Search, page_size: int) -> Iterator[Paper]:
        """Page after page through the `arxiv` package, whose session is our guarded transport."""
        import arxiv

        client = arxiv.Client(page_size=page_size, delay_seconds=0, num_retries=0)
        client.query_url_format = self._api + "?{}"
        client._session = cast("Any", self._open())  # noqa: SLF001 - the package offers no other way in
        self._pages = []
        try:
            for result in client.results(search):
                try:
                    yield paper_of(result)
                except ValueError as error:
                    self.problems.append(Problem(result.entry_id or "arXiv's answer", str(error)))
        except arxiv.ArxivError as error:
            raise TryLater(f"arXiv cannot be read now: {error}; run kb sync again later") from error

    def _open(self) -> Transport:
        if self._transport is None:
            from kb.sources.arxiv.transport import ARXIV, NEARBY, Transport

            near = is_loopback(self._api)
            patience = self._patience or (NEARBY if near else ARXIV)
            self._transport = Transport(self._pacing, patience, self._check, trust_env=not near)
        return self._transport

    def _check(self, url: str, body: bytes) -> None:
        """Raise ValueError, saying what came, where it is no answer to the question at `url`."""
        from kb.sources.atom import parse_atom
        from kb.sources.rss import parse_rss

        if url.startswith(self._rss):
            if parse_rss(body).day is None:
                raise ValueError("a feed that names no day")
            return
        page = parse_atom(body)
        if page.error:
            raise ValueError(f"an error instead of papers ({page.error[:200]})")
        if page.total is None:
            raise ValueError("a page without a count of the papers")
        asked = int(parse_qs(urlsplit(url).query).get("start", ["0"])[0])
        if page.start is not None and page.start != asked:
            raise ValueError(f"the page from {page.start} where the one from {asked} was asked for")
        if not page.papers and not page.problems and page.total > asked:
            raise ValueError(f"an empty page although it counts {page.total} papers")
        if undated := next((paper.id for paper in page.papers if paper.submitted is None), None):
            raise ValueError(f"{undated} without the time of its submission")
        self._pages.append(page)


class _TooManyError(Exception):
    """The query counts more papers than arXiv gives out for one."""


def paper_of(result: arxiv.Result) -> Paper:
    """The paper in a result of the `arxiv` package.

    Raises ValueError where it lacks what a paper cannot be without: id, title, a category.
    """
    identity = parse_arxiv_id(result.entry_id)
    title = fields.fold(result.title)
    categories = fields.arxiv_categories(result.categories, result.primary_category)
    if not title or not categories:
        raise ValueError(f"{identity.id} has no {'category' if title else 'title'}")
    abstract = fields.fold_paragraphs(result.summary)
    comment = fields.fold(result.comment or "")
    names = (fields.fold(author.name) for author in result.authors)
    return Paper(
        id=identity.id,
        version=identity.version or 1,
        title=title,
        authors=tuple(name for name in names if name),
        abstract=abstract,
        categories=categories,
        submitted=result.published.astimezone(UTC),
        revised=result.updated.astimezone(UTC),
        comment=comment,
        journal=fields.fold(result.journal_ref or ""),
        doi=fields.fold(result.doi or ""),
        withdrawn=fields.says_withdrawn(comment, abstract),
    )
