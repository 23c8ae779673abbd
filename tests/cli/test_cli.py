from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest

from kb import cli
from kb.cli.output import Bar, day_line, summary
from kb.core.report import DayReport, Report
from kb.errors import Problem


def test_help_lists_every_command_and_loads_nothing_heavy() -> None:
    code = (
        "import sys\nfrom kb.cli import run\nassert run(['--help']) == 0\n"
        "heavy = {'sklearn', 'numpy', 'arxiv', 'requests', 'git', 'pydantic', 'jinja2', 'watchdog', 'yaml', 'lxml'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().endswith("[]")
    for name in cli.COMMANDS:
        assert f"\n  {name} " in done.stdout


def test_settings_that_were_checked_before_are_not_checked_again(tmp_path: Path) -> None:
    assert cli.run(["init", str(tmp_path / "vault")]) == 0
    code = (
        "import sys\nfrom kb.cli import run\n"
        f"assert run(['index', '-q', '--vault', {str(tmp_path / 'vault')!r}]) == 0\n"
        "print('pydantic' in sys.modules)"
    )
    for checked in (True, False):
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        assert done.stdout.split()[-1] == str(checked)


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([name, "--help"]) == 0
    out = capsys.readouterr().out
    assert "--vault" in out
    assert "--json" in out


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["sync", "--nonsense"],
        ["why"],
        ["sync", "--since", "yesterday"],
        ["why", "no-id"],
    ],
)
def test_wrong_words_are_exit_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(words) == 2
    assert capsys.readouterr().err


def test_no_vault_names_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KB_VAULT", raising=False)
    assert cli.run(["status", "--json"]) == 2
    captured = capsys.readouterr()
    assert "kb init" in captured.err
    assert json.loads(captured.out)["exit"] == 2


def _failing(error: BaseException) -> click.Command:
    @click.command()
    def fails() -> None:
        raise error

    return fails


def test_a_bug_is_exit_3_with_a_log_that_can_be_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KB_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(cli.cli, "get_command", lambda ctx, name: _failing(RuntimeError("oops")))
    assert cli.run(["status"]) == 3
    (log,) = (tmp_path / "log").iterdir()
    assert str(log) in capsys.readouterr().err
    assert "oops" in log.read_text()


def test_interrupted_is_exit_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli.cli, "get_command", lambda ctx, name: _failing(KeyboardInterrupt()))
    assert cli.run(["status"]) == 130
    assert "the next pass goes on" in capsys.readouterr().err


def test_the_disk_s_own_words_are_exit_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    error = OSError(28, "No space left on device", "/some/where")
    monkeypatch.setattr(cli.cli, "get_command", lambda ctx, name: _failing(error))
    assert cli.run(["status"]) == 1
    assert "No space left" in capsys.readouterr().err


def test_a_report_is_a_few_lines() -> None:
    from datetime import date

    day = DayReport(date(2025, 3, 6), "done", 442, 236, 17)
    report = Report(
        days=[day], created=17, pages=5, commit="abc123def4567", refused=[Problem("a.md", "x")]
    )
    lines = summary(report, dry_run=False)
    assert (
        lines[0]
        == day_line(day)
        == "Thu 2025-03-06  done      442 announced   236 scanned   17 relevant"
    )
    assert lines[1] == "17 notes created, 5 pages written, 1 files refused, commit abc123def4."
    assert summary(Report(), dry_run=True) == ["Would be: nothing to do"]
    assert report.as_json()["days"][0]["relevant"] == 17


def test_exit_codes_of_a_report() -> None:
    assert Report().exit == 0
    assert Report(later="x").exit == 75
    assert Report(later="x", person="y").exit == 1


def test_no_bar_where_stderr_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    bar = Bar(quiet=False)
    bar("judging", 1, 3)
    bar.close()
    assert capsys.readouterr().err == ""


def test_a_terminal_sees_progress(tmp_path: Path) -> None:
    """A real terminal, through pty."""
    import os
    import pty

    code = (
        "from kb.cli.output import Bar\nbar = Bar(quiet=False)\nbar('reading', 0, None)\n"
        "bar('judging', 1, 2)\nbar('judging', 2, 2)\nbar.close()"
    )
    master, slave = pty.openpty()
    done = subprocess.run([sys.executable, "-c", code], stderr=slave, check=True)
    os.close(slave)
    shown = os.read(master, 65536).decode()
    os.close(master)
    assert done.returncode == 0
    assert "reading" in shown
    assert "judging" in shown
    assert "100%" in shown
