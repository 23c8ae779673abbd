"""Invented papers on their way out, plain ones and ones that are hard to write."""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st

from kb.core.exports.entries import Entry

PLAIN = Entry(
    id="2413.00001",
    title="Counting toy clouds",
    version=2,
    authors=("Ada van der Made", "The Cloud Team"),
    abstract="We count toy clouds.",
    comment="It counts: topic Counting.",
    summary="Toy clouds are counted.",
    topics=("Counting", "Clouds"),
    relevance=9,
    novelty=8,
    scored_by="local",
    submitted=date(2024, 12, 30),
    revised=date(2025, 1, 2),
    announced=date(2024, 12, 31),
    primary="cs.LG",
    categories=("cs.LG", "stat.ML"),
    doi="10.1000/toy_1",
    journal="J. Toy 3 (2025) 12",
    author_comment="12 pages & 3 figures",
    code="https://example.org/code",
    status="read",
    rating=4,
    path="Papers/2024-12/Counting toy clouds.md",
)
HARD = Entry(
    id="hep-th/9901001",
    title=r"A $\sqrt{n}$-bound, 100% \emph{sharp} & {odd} #1: `x_y' | <b> **LLM**s \'a la na\"ive",
    authors=(r"Zo{\"e} K{\"u}hn", "Łukasz Ó Nyl Jr.", "Doe, Jane", "李雷", "B. and Co. Project"),
    abstract="First $a<b$ and 50% {of\n\n\\textbf{Relevance:} 10\n\n**Novelty:** 1 ]( <script> `x",
    comment="Why | not? **bold** [x](y) $5 and $x_1 < 2$ \\ end <!-- kb:end paper -->",
    topics=("Über & unter", "Counting"),
    relevance=7,
    novelty=6,
    scored_by="cloud-4o",
    announced=date(2025, 3, 6),
    primary="hep-th",
    categories=("hep-th",),
    author_comment=r"in \LaTeX, 3\% off",
)
BARE = Entry(id="2504.12345", title="")

_TEXT = st.text(
    alphabet=st.sampled_from(list("aäZł0 .,:;-_$%&#{}\\^~|<>[]()*`'\"!=+@/?—’→中\n\t")), max_size=40
)
_NAME = st.from_regex(r"[A-Z][a-zäöł]{1,8}( [A-Z]\.| van der)? [A-Z][a-zé]{2,9}", fullmatch=True)
ENTRIES = st.builds(
    Entry,
    id=st.from_regex(r"2[0-4](0[1-9]|1[0-2])\.[0-9]{5}", fullmatch=True),
    title=_TEXT,
    version=st.none() | st.integers(1, 20),
    authors=st.lists(_NAME, max_size=4, unique=True).map(tuple),
    abstract=_TEXT,
    comment=_TEXT,
    summary=_TEXT,
    topics=st.lists(st.sampled_from(["Clouds", "Fog, Mist, and Rain", "Über"]), max_size=3, unique=True).map(tuple),
    relevance=st.none() | st.integers(1, 10),
    novelty=st.none() | st.integers(1, 10),
    scored_by=st.sampled_from(["local", "cloud_4o", "x/y-5"]),
    announced=st.none() | st.dates(date(2020, 1, 1), date(2025, 1, 1)),
    submitted=st.none() | st.dates(date(2020, 1, 1), date(2025, 1, 1)),
    journal=_TEXT,
    author_comment=_TEXT,
    status=st.sampled_from(["", "unread", "read"]),
    rating=st.none() | st.integers(1, 5),
)  # fmt: skip
