from __future__ import annotations

import gzip
import io
import json
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from kb.errors import Problem, UsageError
from kb.sources import streams
from kb.sources.files import SavedFeed, read_feed

if TYPE_CHECKING:
    from pathlib import Path

DAY = date(2025, 3, 6)


def mailing_day(submitted: datetime) -> date:
    return submitted.date() + timedelta(days=1)


def read(source: object, **options: Any) -> SavedFeed:
    return read_feed(str(source), mailing_day=mailing_day, **options)


def record(number: int = 1, **changes: object) -> dict[str, Any]:
    return {
        "id": f"2513.{number:05}",
        "title": f"Title {number}",
        "abstract": "It says so.",
        "authors": ["Ada Invented"],
        "categories": ["cs.LG"],
        "announced": "2025-03-06",
    } | changes


def lines(*records: object) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in records)


def rss(*items: tuple[str, str], day: str = "Thu, 06 Mar 2025") -> bytes:
    body = "".join(
        f"<item><title>T</title><guid>oai:arXiv.org:{arxiv_id}</guid><category>cs.LG</category>"
        f"<arxiv:announce_type>{kind}</arxiv:announce_type><description>d</description></item>"
        for arxiv_id, kind in items
    )
    return (
        '<?xml version="1.0"?><!-- saved --><rss xmlns:arxiv="http://arxiv.org/schemas/atom" version="2.0">'
        f"<channel><pubDate>{day} 00:00:00 -0500</pubDate>{body}</channel></rss>"
    ).encode()


ERROR = b"""<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>http://arxiv.org/api/errors#x</id>
<summary>bad query</summary></entry></feed>"""
ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>http://arxiv.org/abs/2513.00009v1</id>
<title>T</title><summary>s</summary><category term="cs.LG"/><published>2025-03-05T10:00:00Z</published>
</entry></feed>"""


@pytest.mark.parametrize(
    ("data", "ids"),
    [
        (lines(record(1), record(2)), ["2513.00001", "2513.00002"]),
        (b"\xef\xbb\xbf" + lines(record(1)), ["2513.00001"]),
        (b"\n \r\n" + lines(record(1)) + b"\n", ["2513.00001"]),
        (lines(record(1)).strip(), ["2513.00001"]),
        (lines(record(1), record(2)).replace(b"\n", b"\r\n"), ["2513.00001", "2513.00002"]),
        (json.dumps([record(1), record(2)], indent=1).encode(), ["2513.00001", "2513.00002"]),
        (json.dumps(record(1), indent=2).encode(), ["2513.00001"]),
        (rss(("2513.00001v1", "new"), ("2513.00002v1", "cross")), ["2513.00001", "2513.00002"]),
        (b"\xef\xbb\xbf" + ATOM, ["2513.00009"]),
        (b"\n" + ATOM, ["2513.00009"]),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("way", ["file", "folder", "-"])
def test_every_kind_by_its_content(
    data: bytes, ids: list[str], packed: bool, way: str, tmp_path: Path
) -> None:
    data = gzip.compress(data) if packed else data
    path = tmp_path / "whatever.txt"
    path.write_bytes(data)
    stdin = io.BytesIO(data)
    feed = read({"file": path, "folder": tmp_path, "-": "-"}[way], stdin=stdin)
    assert [paper.id for paper in feed.papers] == ids
    assert feed.problems == ()
    assert feed.days == (DAY,)
    assert not stdin.closed


def test_gzip_of_several_members(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(gzip.compress(lines(record(1))) + gzip.compress(lines(record(2))))
    assert len(read(path).papers) == 2


def test_one_bad_record_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "papers.jsonl"
    no_title = record(2)
    del no_title["title"]
    path.write_bytes(
        lines(record(1))
        + b"\n{broken\n"
        + lines(no_title, record(3, id="zzz"), [], record(4))
        + b"\xff\n"
    )
    feed = read(path)
    assert [paper.id for paper in feed.papers] == ["2513.00001", "2513.00004"]
    assert [problem.where for problem in feed.problems] == [
        f"papers.jsonl:{n}" for n in (3, 4, 5, 6, 8)
    ]
    whys = [problem.why for problem in feed.problems]
    assert whys[0].startswith("not JSON")
    assert whys[1] == "missing field `title`"
    assert "not an arXiv id" in whys[2]
    assert whys[3] == "not a JSON object"
    assert whys[4].startswith("not UTF-8")


def test_a_broken_first_line_spoils_nothing(tmp_path: Path) -> None:
    path = tmp_path / "papers.jsonl"
    path.write_bytes(b'{"id": "2513.00\n' + lines(record(1), record(2)))
    feed = read(path)
    assert len(feed.papers) == 2
    assert [problem.where for problem in feed.problems] == ["papers.jsonl:1"]


def test_bad_items_of_feeds_and_arrays_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(json.dumps([record(1), 5, record(2)]).encode())
    (tmp_path / "b.xml").write_bytes(rss(("nonsense", "new"), ("2513.00003v1", "new")))
    feed = read(tmp_path)
    assert len(feed.papers) == 3
    assert [problem.where for problem in feed.problems] == ["a.json, record 2", "b.xml, item 1"]


def test_a_folder_is_read_in_order_and_deep_hidden_files_apart(tmp_path: Path) -> None:
    for name, number in (
        ("b/2.jsonl", 2),
        ("a.jsonl", 1),
        (".hidden", 7),
        (".git/x", 8),
        ("b/.y", 9),
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(lines(record(number)))
    (tmp_path / "README.md").write_text("# Not a feed\n\nwords\n" * 100)
    (tmp_path / "b" / "empty").touch()
    feed = read(tmp_path)
    assert [paper.id for paper in feed.papers] == ["2513.00001", "2513.00002"]
    assert feed.problems == (
        Problem("README.md", "neither Atom, RSS nor JSON lines"),
        Problem("b/empty", "it is empty"),
    )


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"words\n", "neither Atom, RSS nor JSON lines"),
        (b"<html><head><title>Rate exceeded</title>", "an HTML page \\(Rate exceeded\\) instead"),
        (rss(("2513.00001v1", "new"))[:-20], "cut short"),
        (gzip.compress(rss(("2513.00001v1", "new")))[:-20], "damaged or cut short"),
        (b"\x1f\x8bnonsense", "damaged or cut short"),
        (b"PK\x03\x04rest", "a zip archive; unpack it first"),
        (b"", "it is empty"),
        (b"[1, 2", "not JSON"),
        (b'{"a": 1}\n', "missing field `id`"),
        (ERROR, "an error of arXiv .*bad query"),
    ],
)  # fmt: skip
def test_what_is_no_feed_at_all_is_a_usage_error(data: bytes, why: str, tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(data)
    with pytest.raises(UsageError, match=why) as caught:
        read(path)
    assert "x.bin" in str(caught.value)


def test_missing_files_empty_folders_and_no_standard_input(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file or folder"):
        read(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="there is no feed in this folder"):
        read(tmp_path)
    with pytest.raises(UsageError, match="no standard input"):
        read("-")


def test_gzip_cut_short_keeps_what_came_before(tmp_path: Path) -> None:
    data = lines(*(record(n, title=str(7**n)[:60]) for n in range(2000)))
    packed = gzip.compress(data)
    (tmp_path / "x.gz").write_bytes(packed[: len(packed) // 2])
    feed = read(tmp_path / "x.gz")
    assert 0 < len(feed.papers) < 2000
    assert "cut short" in feed.problems[-1].why


def test_the_day_of_a_record(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(
        lines(
            record(1),
            record(2, announced=None, submitted="2025-03-04T10:00:00Z"),
            record(3, announced=None),
        )
    )
    feed = read(path)
    assert [(paper.id, paper.announced) for paper in feed.papers] == [
        ("2513.00001", date(2025, 3, 6)),
        ("2513.00002", date(2025, 3, 5)),
    ]
    assert feed.problems == (Problem("x:3", "2513.00003 has no announcement day: give --date"),)
    assert feed.days == (date(2025, 3, 5), date(2025, 3, 6))

    given = read(path, day=date(2025, 4, 1))
    assert {paper.announced for paper in given.papers} == {date(2025, 4, 1)}
    assert len(given.papers) == 3
    assert given.days == (date(2025, 4, 1),)


def test_replacements_are_updates(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(
        rss(("2513.00001v1", "new"), ("2513.00002v2", "replace"), ("2513.00003v4", "replace-cross"),
            ("2513.00002v3", "replace"), ("2513.00002v1", "replace"), ("2513.00004v1", "cross"))
    )  # fmt: skip
    feed = read(path)
    assert [paper.id for paper in feed.papers] == ["2513.00001", "2513.00004"]
    assert [(paper.id, paper.version) for paper in feed.updates] == [
        ("2513.00002", 3),
        ("2513.00003", 4),
    ]
    assert feed.days == (DAY,)


def test_a_quiet_day_and_a_weekend(tmp_path: Path) -> None:
    (tmp_path / "quiet").write_bytes(rss())
    (tmp_path / "saturday").write_bytes(rss(day="Sat, 08 Mar 2025"))
    feed = read(tmp_path)
    assert (feed.papers, feed.updates, feed.problems, feed.days) == ((), (), (), (DAY,))
    assert read(tmp_path / "quiet", day=date(2025, 3, 7)).days == (date(2025, 3, 7),)


def test_of_records_of_one_paper_one_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(
        lines(
            record(1, version=1, title="first"),
            record(1, version=3, title="third"),
            record(1, version=2, title="second"),
            record(2, announced="2025-03-07", version=2),
            record(2, announced="2025-03-05", title="earliest"),
            record(3, announce_type="cross", title="cross"),
            record(3, announce_type="new", title="new"),
            record(4, title="a"),
            record(4, title="b"),
        )
    )
    feed = read(path)
    assert [paper.title for paper in feed.papers] == ["third", "earliest", "new", "a"]
    assert feed.problems == ()
    assert feed.days == (date(2025, 3, 5), date(2025, 3, 6), date(2025, 3, 7))


def test_an_overlong_line_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MAX_LINE", 1000)
    path = tmp_path / "x"
    long = record(2, abstract="x" * 5000)
    path.write_bytes(lines(record(1), long, record(3)) + json.dumps(long).encode())
    feed = read(path)
    assert [paper.id for paper in feed.papers] == ["2513.00001", "2513.00003"]
    assert [problem.where for problem in feed.problems] == ["x:2", "x:4"]
    assert "longer than" in feed.problems[0].why


def test_a_packed_bomb_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MAX_STREAM", 100_000)
    monkeypatch.setattr(streams, "MAX_WHOLE", 100_000)
    (tmp_path / "lines.gz").write_bytes(gzip.compress(lines(record(1)) * 10_000))
    feed = read(tmp_path / "lines.gz")
    assert len(feed.papers) == 1
    assert "the rest was not read" in feed.problems[0].why
    (tmp_path / "feed.gz").write_bytes(gzip.compress(b"<rss>" + b" " * 10_000_000))
    with pytest.raises(UsageError, match="in one document"):
        read(tmp_path / "feed.gz")


def test_a_hundred_problems_are_enough(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(lines(record(1)) + b"{}\n" * 1000)
    feed = read(path)
    assert len(feed.problems) == 101
    assert feed.problems[-1] == Problem("x", "900 more records cannot be read")


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(lines(record(1)))
    (tmp_path / "b").write_bytes(lines(record(2)))
    from pathlib import Path as RealPath

    opening = RealPath.open

    def refuse(path: RealPath, *args: Any, **options: Any) -> Any:
        if path.name == "a":
            raise PermissionError(13, "Permission denied")
        return opening(path, *args, **options)

    monkeypatch.setattr(RealPath, "open", refuse)
    feed = read(tmp_path)
    assert [paper.id for paper in feed.papers] == ["2513.00002"]
    assert feed.problems == (Problem("a", "cannot be read (Permission denied)"),)


def test_submission_times_are_utc(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(ATOM)
    assert read(path).papers[0].submitted == datetime(2025, 3, 5, 10, tzinfo=UTC)


def test_real_listings_have_no_problem(shared_data: Path) -> None:
    listings = sorted((shared_data / "arxiv-days" / "listings").iterdir())
    for listing in listings[::9]:
        feed = read(listing)
        assert feed.problems == ()
        assert feed.days == (date.fromisoformat(listing.name[:10]),)
        assert len(feed.papers) == len(gzip.decompress(listing.read_bytes()).splitlines())


def test_a_folder_of_captures(shared_data: Path) -> None:
    feed = read(shared_data / "arxiv-wire")
    assert len(feed.papers) > 100
    assert all(paper.announced for paper in feed.papers)
    assert {problem.where for problem in feed.problems} >= {
        "README.md",
        "atom_api/error_400_incorrect_id.xml",
        "oai/oai_ListRecords_arXiv_2013-04-03_astro-ph.xml",
        "rss/rss_cs.AI_2025-09-18_captured_truncated.txt",
    }
