"""XML from outside: parsed without entities or DTDs, and refused with a sentence."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

MAX_BYTES = 64 * 1024 * 1024

# XML 1.0 knows no other control characters; one of them in an abstract must not hide a whole day.
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCE = re.compile(r"&#(?:x([0-9a-fA-F]{1,8})|([0-9]{1,8}));")
_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?[^>]*>\s*|<!--.{0,1000}?-->\s*)*<(?:!doctype\s+html|html|head|body)[\s>]",
    re.IGNORECASE | re.DOTALL,
)
_HTML_TITLE = re.compile(rb"<title[^>]*>([^<]{1,200})|<h1[^>]*>([^<]{1,200})", re.IGNORECASE)


class NotAFeed(ValueError):
    """What came is no feed, or not the whole of one; `str()` says what it is instead."""


def parse_xml(data: bytes) -> Element:
    """The root of a whole, well-formed document without DTD.

    Raises NotAFeed on anything else: nothing, HTML, XML that breaks off, entities, a DTD, or more
    than MAX_BYTES.
    """
    from xml.etree.ElementTree import ParseError

    if len(data) > MAX_BYTES:
        raise NotAFeed(f"more than {MAX_BYTES >> 20} MiB, too much for one feed")
    if not data.strip():
        raise NotAFeed("it is empty")
    if _HTML.match(data[:5000]):
        said = _HTML_TITLE.search(data[:20_000])
        title = " ".join((said[1] or said[2]).decode("utf-8", "replace").split()) if said else ""
        raise NotAFeed(f"an HTML page{f' ({title})' if title else ''} instead of a feed")
    try:
        return _root(data)
    except ParseError as error:
        mended = _without_illegal_characters(data)
        if mended != data:
            try:
                return _root(mended)
            except ParseError:
                pass
        raise NotAFeed(f"not well-formed XML, or cut short ({error})") from None


def _root(data: bytes) -> Element:
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except DefusedXmlException:
        raise NotAFeed("XML with a document type or entities, which no feed of arXiv has") from None
    except (LookupError, ValueError) as error:
        raise NotAFeed(f"XML in an encoding that cannot be read ({error})") from None
    return root


def _without_illegal_characters(data: bytes) -> bytes:
    def legal(match: re.Match[str]) -> str:
        code = int(match[1], 16) if match[1] else int(match[2])
        return "" if code > 0x10FFFF or _ILLEGAL.match(chr(code)) else match[0]

    text = data.decode("utf-8", "replace")
    return _REFERENCE.sub(legal, _ILLEGAL.sub("", text)).encode()


def local(element: Element) -> str:
    """The name of an element without its namespace; arXiv moved namespaces around over the years."""
    return element.tag.rpartition("}")[2]


def children(element: Element, name: str) -> Iterator[Element]:
    """The direct children called `name`, whatever their namespace."""
    return (child for child in element if local(child) == name)


def child(element: Element, name: str) -> Element | None:
    return next(children(element, name), None)


def text_of(element: Element, name: str) -> str:
    """The text of the first child called `name`, markup inside it dropped; empty where none is."""
    found = child(element, name)
    return "" if found is None else "".join(found.itertext())
