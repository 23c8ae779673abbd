"""A page as the text of its file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kb.core import frontmatter, notes, regions
from kb.core.pages.shelf import REGION

if TYPE_CHECKING:
    from kb.core.pages.shelf import Page


class NotAPage(ValueError):
    """A file stands where a page should be, and it is not kb's."""


def page_text(page: Page, existing: str | None) -> str:
    """The whole file of a page: new, or with its region and keys replaced in what is there.

    Raises NotAPage, FrontmatterError or RegionError where the file is not, or no longer, kb's.
    """
    if existing is None:
        block = frontmatter.dump(page.properties)
        return f"{block}\n{regions.wrap(REGION, page.inner).strip(chr(10))}\n"
    present = notes.values_in(existing)
    region = regions.find(existing, REGION)
    if region is None or present.get("kb") != page.properties["kb"]:
        raise NotAPage(
            "this file is not a page of kb (its kb property or its region is missing); rename it, or"
            " delete it to have the page made anew"
        )
    changes: dict[str, Any] = {
        key: value
        for key, value in page.properties.items()
        if present.get(key) != notes.plain_value(value) or key not in present
    }
    edited = (
        frontmatter.edit(existing, changes, order=tuple(page.properties)) if changes else existing
    )
    return regions.replace(edited, REGION, page.inner)
