"""`kb watch --install` and `--uninstall` through the command line."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import platformdirs  # looks at the platform once, when it is imported
import pytest
from standins.box import Box
from standins.systemctl import Systemctl

from kb import service
from kb.cli import run
from kb.service import systemd


@pytest.fixture(autouse=True)
def _linux(monkeypatch: pytest.MonkeyPatch) -> None:
    assert platformdirs.__version__
    monkeypatch.setattr(sys, "platform", "linux")


@pytest.fixture
def unit(box: Box) -> Path:
    return service.unit_file(box.root)


def without_systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "bare"
    folder.mkdir()
    git = shutil.which("git")
    assert git
    (folder / "git").symlink_to(git)
    monkeypatch.setenv("PATH", str(folder))


def test_it_is_written_enabled_and_started(box: Box, unit: Path, systemctl: Systemctl) -> None:
    out = box.kb("watch", "--install")
    assert systemctl.calls() == ["daemon-reload", f"enable --now {unit.name}"]
    text = unit.read_text()
    assert text.startswith(systemd.MARK)
    assert str(box.root) in text
    assert [path.name for path in unit.parent.iterdir()] == [unit.name]
    for said in (str(unit), "journalctl --user -u", "loginctl enable-linger", "kb/env", ".log"):
        assert said in out


def test_again_changes_nothing_and_heals_what_was_switched_off(
    box: Box, unit: Path, systemctl: Systemctl
) -> None:
    box.kb("watch", "--install")
    before, _ = unit.stat(), systemctl.calls()
    told = box.json("watch", "--install")
    assert told["outcome"] == "same"
    assert "Already there" in box.kb("watch", "--install")
    assert unit.stat() == before
    assert systemctl.calls() == ["daemon-reload", f"enable --now {unit.name}"] * 2


def test_a_unit_of_ours_that_differs_is_replaced_and_started_anew(
    box: Box, unit: Path, systemctl: Systemctl
) -> None:
    box.kb("watch", "--install")
    systemctl.calls()
    told = box.json("watch", "--install", "--poll", "--log-file", "elsewhere.log")
    assert told["outcome"] == "replaced"
    assert told["log"] == str(Path("elsewhere.log").absolute())
    assert systemctl.calls()[-1] == f"restart {unit.name}"
    assert "--poll" in unit.read_text()


def test_a_file_that_is_not_ours_stays(box: Box, unit: Path, systemctl: Systemctl) -> None:
    unit.parent.mkdir(parents=True)
    unit.write_text("[Service]\nExecStart=/bin/true\n# made by kb\n")
    for option in ("--install", "--uninstall"):
        box.kb("watch", option, code=2)
        assert str(unit) in box.err
        assert "not made by kb" in box.err
        assert unit.read_text().endswith("# made by kb\n")
    assert systemctl.calls() == []


def test_a_unit_that_was_masked_stays_masked(box: Box, unit: Path, systemctl: Systemctl) -> None:
    unit.parent.mkdir(parents=True)
    unit.symlink_to("/dev/null")
    box.kb("watch", "--install", code=2)
    assert unit.is_symlink()
    assert systemctl.calls() == []


@pytest.mark.parametrize("verb", ["daemon-reload", "enable"])
def test_without_a_session_the_unit_stays_and_the_rest_is_told(
    box: Box, unit: Path, systemctl: Systemctl, verb: str
) -> None:
    systemctl.refuses(verb, "Failed to connect to bus: No medium found\n")
    out = box.kb("watch", "--install", code=1)
    assert "No medium found" in box.err
    assert str(unit) in out
    assert f"systemctl --user enable --now {unit.name}" in out
    assert unit.is_file()
    told = box.json("watch", "--install", code=1)
    assert "No medium found" in told["problems"][0]["why"]
    assert told["exit"] == 1


def test_without_systemd_the_command_is_told(
    box: Box, unit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_systemctl(tmp_path, monkeypatch)
    out = box.kb("watch", "--install", code=1)
    assert f"-P -m kb watch --vault {box.root}" in out
    assert "no systemctl" in box.err
    assert unit.is_file()
    box.kb("watch", "--uninstall")
    assert not unit.exists()


def test_a_vault_that_cannot_be_watched_is_not_installed(
    box: Box, unit: Path, systemctl: Systemctl
) -> None:
    box.edit("kb.toml", "settle = ", "settle = -")
    box.edit("kb.toml", "[git]", "[git]\nnonsense = 1")
    box.kb("watch", "--install", code=2)
    assert not unit.exists()
    assert systemctl.calls() == []


def test_no_secret_is_written_or_said(
    box: Box, unit: Path, systemctl: Systemctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-do-not-write-me-down")
    monkeypatch.setenv("OPENAI_BASE_URL", "https://me:word-of-mine@host/v1")
    out = box.kb("watch", "--install") + box.err
    assert "OPENAI_BASE_URL may hold a secret" in out
    for text in (unit.read_text(), out):
        assert "sk-do-not" not in text
        assert "word-of-mine" not in text


def test_it_is_removed_and_the_vault_need_not_be_there(
    box: Box, unit: Path, systemctl: Systemctl
) -> None:
    box.kb("watch", "--install")
    other = unit.with_name("another.service")
    other.write_text("[Service]\n")
    systemctl.calls()
    shutil.rmtree(box.root)
    told = box.json("watch", "--uninstall")
    assert (told["outcome"], told["exit"]) == ("removed", 0)
    assert systemctl.calls()[:2] == [f"disable --now {unit.name}", "daemon-reload"]
    assert not unit.exists()
    assert other.exists()
    assert "Nothing to remove" in box.kb("watch", "--uninstall")
    assert systemctl.calls() == []


def test_it_is_removed_where_nobody_answers_and_may_still_run(
    box: Box, unit: Path, systemctl: Systemctl
) -> None:
    box.kb("watch", "--install")
    wanted = unit.parent / "default.target.wants" / unit.name
    wanted.parent.mkdir()
    wanted.symlink_to(unit)
    systemctl.refuses("disable", "Failed to connect to bus\n")
    box.kb("watch", "--uninstall", code=1)
    assert "may still run" in box.err
    assert not unit.exists()
    assert not wanted.is_symlink()


@pytest.mark.parametrize(
    ("platform", "lines"),
    [
        ("darwin", ("launchctl bootstrap", "launchctl bootout")),
        ("win32", ("Register-ScheduledTask", "Unregister-ScheduledTask")),
    ],
)
def test_elsewhere_the_recipe_is_printed_and_nothing_done(
    box: Box,
    unit: Path,
    systemctl: Systemctl,
    monkeypatch: pytest.MonkeyPatch,
    platform: str,
    lines: tuple[str, str],
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    for option, line in zip(("--install", "--uninstall"), lines, strict=True):
        assert line in box.kb("watch", option)
        told = box.json("watch", option)
        assert line in told["recipe"]
        assert told["outcome"] == "recipe"
    assert not unit.exists()
    assert systemctl.calls() == []


def test_one_thing_at_a_time(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["watch", "--install", "--uninstall"]) == 2
    assert run(["watch", "--install", "--once"]) == 2
    assert "exclude each other" in capsys.readouterr().err


def test_quiet_says_nothing_that_went_well(box: Box, unit: Path, systemctl: Systemctl) -> None:
    assert box.kb("watch", "--install", "-q") + box.err == ""
    assert unit.is_file()
