from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

from kb.cli import run
from kb.cli.logs import FILE_BYTES, FILES_KEPT, LogFile, logged, masked, secrets_in
from kb.errors import ConfigError

HEAD = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (DEBUG  |INFO   |WARNING|ERROR  ) ")
log = logging.getLogger("kb.watch")


def test_the_file_is_kept_small(tmp_path: Path) -> None:
    file = tmp_path / "not" / "there" / "kb.log"
    with logged(file, verbose=False, quiet=True):
        for number in range(4000):
            log.info("%d %s", number, "é" * 1000)
    files = sorted(file.parent.iterdir())
    assert len(files) == FILES_KEPT + 1
    assert all(each.stat().st_size < FILE_BYTES + 2100 for each in files), "a line more at most"
    texts = [each.read_text("utf-8") for each in files]
    assert texts[0].splitlines()[-1].startswith("3999 é", 32)
    assert not texts[-1].startswith("0 é", 32), "the oldest are gone"
    for text in texts:
        assert text.endswith("\n")
        assert all(HEAD.match(line) for line in text.splitlines())


def test_a_later_run_goes_on_in_the_same_file(tmp_path: Path) -> None:
    file = tmp_path / "kb.log"
    for word in ("first", "second"):
        with logged(file, verbose=False, quiet=True):
            log.info(word)
        log.info("in between")
    assert [line.split()[-1] for line in file.read_text().splitlines()] == ["first", "second"]


def test_each_line_has_its_time_and_level(tmp_path: Path) -> None:
    file = tmp_path / "kb.log"
    with logged(file, verbose=True, quiet=True):
        log.debug("a note called %s", "two\nlines")
        # Past pytest, whose workers cannot hand on what is not Unicode.
        told = logging.makeLogRecord(
            {
                "msg": "not Unicode: %s",
                "args": ("caf\udce9",),
                "levelno": 30,
                "levelname": "WARNING",
            }
        )
        next(h for h in logging.getLogger().handlers if isinstance(h, LogFile)).handle(told)
        try:
            raise ValueError("oops")
        except ValueError:
            log.exception("failed")
    lines = file.read_text("utf-8").splitlines()
    assert all(HEAD.match(line) for line in lines)
    assert [lines[0][-3:], lines[1][-5:]] == ["two", "lines"]
    assert r"caf\udce9" in lines[2]
    assert lines[-1].endswith("ValueError: oops")


@pytest.mark.parametrize(
    ("verbose", "quiet", "shown", "kept"),
    [
        (False, False, ["INFO", "WARNING"], ["INFO", "WARNING"]),
        (True, False, ["DEBUG", "INFO", "WARNING"], ["DEBUG", "INFO", "WARNING"]),
        (False, True, ["WARNING"], ["INFO", "WARNING"]),
    ],
)
def test_how_much_is_told(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    verbose: bool,
    quiet: bool,
    shown: list[str],
    kept: list[str],
) -> None:
    file = tmp_path / "kb.log"
    with logged(file, verbose=verbose, quiet=quiet):
        for level in (logging.DEBUG, logging.INFO, logging.WARNING):
            log.log(level, logging.getLevelName(level))
        logging.getLogger("somebody").info("else")
    assert [line.split()[-1] for line in capsys.readouterr().err.splitlines()] == shown
    assert [line.split()[-1] for line in file.read_text().splitlines()] == kept


def test_what_ends_the_command_is_in_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "kb.log"
    with (
        pytest.raises(ConfigError),
        logged(file, verbose=False, quiet=False),
    ):
        raise ConfigError("kb.toml: unknown key")
    with (
        pytest.raises(ZeroDivisionError),
        logged(file, verbose=False, quiet=False),
    ):
        print(1 / 0)
    lines = file.read_text().splitlines()
    assert lines[0].endswith("ERROR   kb.toml: unknown key")
    assert "bug in kb" in lines[1]
    assert "ZeroDivisionError" in lines[-1]
    assert capsys.readouterr().err == "", "that is said once, by the one handler of the program"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_is_told_once_and_the_work_goes_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with logged(Path("/dev/full"), verbose=False, quiet=True):
        log.info("one")
        log.info("two")
        done = True
    assert done
    err = capsys.readouterr().err
    assert err.count("/dev/full") == 1
    assert "Traceback" not in err


def test_a_log_that_cannot_be_opened_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert run(["watch", "--once", "--log-file", str(tmp_path / "file" / "kb.log")]) == 1
    assert str(tmp_path / "file") in capsys.readouterr().err


def test_a_command_that_fails_says_so_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KB_CACHE_DIR", str(tmp_path / "cache"))
    file = tmp_path / "kb.log"
    words = ["watch", "--vault", str(tmp_path), "--log-file", str(file)]
    assert run(words) == 2
    assert "is not a vault of kb" in file.read_text()
    assert capsys.readouterr().err.count("is not a vault of kb") == 1


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("key sk-do-not-tell of mine", "key *** of mine"),
        ("GET https://me:word@host/api: refused", "GET https://***@host/api: refused"),
        ("header Authorization: Bearer abc.def-ghi", "header Authorization: Bearer ***"),
        ("mail me@host about 2503.00001", "mail me@host about 2503.00001"),
        ("pass: 1 days, commit 39b49c2f14", "pass: 1 days, commit 39b49c2f14"),
    ],
)
def test_secrets_are_masked(said: str, written: str) -> None:
    environ = {"OPENAI_API_KEY": "sk-do-not-tell", "X_TOKEN": "", "A_KEY": "sk-do", "HOME": "mail"}
    assert masked(said, secrets_in(environ)) == written


def test_the_log_masks_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-do-not-tell")
    with logged(tmp_path / "kb.log", verbose=False, quiet=True):
        log.error("refused: %s", "sk-do-not-tell")
    assert "sk-do-not" not in (tmp_path / "kb.log").read_text()
