"""Units as text. What systemd makes of each of these words was tried with a real `systemd --user`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from kb.service import systemd
from kb.service.described import Service

HOSTILE = [
    "a b",
    "100% %h %%",
    "$HOME ${HOME} $$",
    "q\"uo'te",
    "back\\slash\\n",
    "trailing\\",
    "tab\tnew\nline\rreturn\x1b",
    "ünï 論文 🦉",
    ";",
    "#x",
    " lead",
    "*?[x]",
]


def service(word: str) -> Service:
    """A service that has `word` wherever it can."""
    return Service(
        name="kb-x-1a2b3c4d",
        vault=f"/v/{word}",
        interpreter=sys.executable,
        arguments=("-P", "-m", "kb", "watch", "--vault", f"/v/{word}"),
        environment={"KB_CACHE_DIR": f"/c/{word if word.isprintable() else 'x'}"},
        secrets=f"/s/{word if word.isprintable() else 'x'}/env",
        log="/l/x.log",
    )


def values(unit: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in unit.splitlines() if "=" in line and line[0] != "#")


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("/plain/path-1_2.x", "/plain/path-1_2.x"),
        ("", '""'),
        ("a b", '"a b"'),
        ("100%", '"100%%"'),
        ('q"', r'"q\""'),
        ("b\\", r'"b\\"'),
        ("a\tb\nc\rd", r'"a\tb\nc\rd"'),
        ("e\x1b\x7f", r'"e\x1b\x7f"'),
        (";", '";"'),
        ("é", '"é"'),
    ],
)
def test_a_word_stays_one_word(word: str, written: str) -> None:
    assert systemd.quoted(word) == written


@pytest.mark.parametrize("word", HOSTILE)
def test_no_word_adds_or_ends_a_line(word: str) -> None:
    usual = systemd.unit(service("plain")).splitlines()
    lines = systemd.unit(service(word)).splitlines()
    assert len(lines) == len(usual)
    assert [line.split("=")[0] for line in lines] == [line.split("=")[0] for line in usual]
    assert not any(line.endswith("\\") for line in lines)


def test_a_dollar_is_doubled_in_arguments_and_left_alone_in_variables() -> None:
    unit = values(systemd.unit(service("$HOME")))
    assert unit["ExecStart"].endswith('--vault "/v/$$HOME"')
    assert unit["Environment"] == '"KB_CACHE_DIR=/c/$HOME"'


def test_the_file_of_secrets_is_no_pattern() -> None:
    unit = values(systemd.unit(service("a [x]*\\ 5%")))
    assert unit["EnvironmentFile"] == r"-/s/a [[]x][*]\\ 5%%/env"


@pytest.mark.parametrize("odd", ["/o/q'/python", '/o/"/python', "/o/b\\s/python", "/o/$x/python"])
def test_a_program_whose_path_systemd_would_not_take_is_started_by_a_shell(odd: str) -> None:
    start = values(systemd.unit(replace(service("x"), interpreter=odd)))["ExecStart"]
    assert start.startswith(r'/bin/sh -c "exec \"$$0\" \"$$@\"" ' + f'"{odd[:3]}')
    assert start.endswith(" -P -m kb watch --vault /v/x")


def test_a_failure_is_tried_again_and_a_wrong_setting_is_not() -> None:
    text = systemd.unit(service("x"))
    assert text.startswith(systemd.MARK + "\n")
    unit = values(text)
    for name, value in {
        "Restart": "on-failure", "RestartPreventExitStatus": "2", "KillSignal": "SIGTERM",
        "ExecReload": "kill -HUP $MAINPID", "KillMode": "mixed", "WantedBy": "default.target",
    }.items():  # fmt: skip
        assert unit[name] == value
    assert systemd.unit(service("x")) == text


def verify(text: str, folder: Path) -> str:
    """What systemd finds to say about a unit; nothing where it is sound."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not here")
    file = folder / "kb-x-1a2b3c4d.service"
    file.write_text(text, "utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--user", "--man=no", str(file)],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)},
    )
    if "Failed to initialize manager" in done.stderr:
        pytest.skip("systemd-analyze cannot look at units here")
    return "".join(line for line in done.stderr.splitlines(True) if file.name in line)


@pytest.mark.parametrize("word", ["plain", *HOSTILE])
def test_systemd_takes_the_unit(word: str, tmp_path: Path) -> None:
    assert verify(systemd.unit(service(word)), tmp_path) == ""


def test_systemd_would_say_what_is_wrong(tmp_path: Path) -> None:
    text = systemd.unit(service("x")).replace("Nice=10", "Nicely=10")
    assert "Nicely" in verify(text, tmp_path)
