"""Lists of papers as people keep them, all invented, and an arXiv that knows their papers."""

from __future__ import annotations

from datetime import UTC, date, datetime

from standins.arxiv_papers import Invented
from standins.arxiv_server import ArxivStandIn

TODAY = date(2026, 5, 1)
READING = """[**Counting clouds with a ladder**](https://arxiv.org/pdf/2501.00001)
- What is asked
    - How many clouds are there
	- Why a ladder
*  a star and two spaces

[**A ladder for deep wells**](https://arxiv.org/abs/2501.00002v2)
- It goes down, `not` up
- <!-- kb:end paper -->
"""
TABLE = """# Reading

| Date | Title | Summary | Topics |
| --- | --- | --- | --- |
| 3 March 2025 | [Wells \\| that sing](https://arxiv.org/abs/2502.00001) | They sing. | Sound |
| 4 March 2025 | [Counting clouds with a ladder](https://arxiv.org/abs/2501.00001) | Up it goes. | Sky, Tools |
| 5 March 2025 | [A blog post](https://example.org/post) | Not a paper. | Sky |
"""
BIBTEX = r"""
@article{beispiel2025wells,
  title = {Wells that {S}ing in {$\sqrt{2}$} Voices},
  author = {Beispiel, {\'E}mile and Example, Ada},
  eprint = {2502.00001},
  archiveprefix = {arXiv},
  journal = {Journal of Wells},
  doi = {10.1000/wells.7},
  year = {2025}
}

@book{nobody1999, title = {A book}, author = {Nobody, A.}, year = {1999}}
"""


def invented(arxiv_id: str, title: str, **more: object) -> Invented:
    """A paper that arXiv has known for long."""
    values: dict[str, object] = {
        "authors": ["Ada Example", "Émile Beispiel"],
        "abstract": f"We tell of {title}. It is shown that ladders help.",
        "categories": ["cs.LG", "stat.ML"],
    }
    return Invented(
        id=arxiv_id,
        title=title,
        submitted=datetime(2025, 1, 2, 12, tzinfo=UTC),
        announced=date(2025, 1, 3),
        **(values | more),  # type: ignore[arg-type]
    )


def arxiv() -> ArxivStandIn:
    """An arXiv that knows the papers of the lists above."""
    papers = [
        invented("2501.00001", "Counting Clouds with a Ladder"),
        invented("2501.00002", "Deep Wells and the Ladders That Lead There"),
        invented("2502.00001", "Wells That Sing", doi="10.1000/arxiv.says"),
    ]
    return ArxivStandIn(papers, today=TODAY)
