"""The recipes for macOS and Windows, as text; nobody has tried them on such a machine yet."""

from __future__ import annotations

import os
import plistlib
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from kb.errors import UsageError
from kb.service import launchd, tasks
from kb.service.described import Service

SERVICE = Service(
    name="kb-x-1a2b3c4d",
    vault="/v/a <b> & \"c\" 'd' $HOME `id`",
    interpreter="/opt/py/bin/python",
    arguments=("-P", "-m", "kb", "watch", "--vault", "/v/a <b> & \"c\" 'd' $HOME `id`"),
    environment={"KB_CACHE_DIR": "/c/ü"},
    secrets="/s/it's/env",
    log="/l/x.log",
)


def test_the_property_list_holds_the_whole_command() -> None:
    told = plistlib.loads(launchd.plist(SERVICE))
    assert told["Label"] == SERVICE.name
    assert told["ProgramArguments"][:2] == ["/bin/sh", "-c"]
    assert told["ProgramArguments"][3:] == [SERVICE.secrets, *SERVICE.words]
    assert told["EnvironmentVariables"] == {"KB_CACHE_DIR": "/c/ü"}
    assert told["KeepAlive"] == {"SuccessfulExit": False}
    assert "EnvironmentVariables" not in plistlib.loads(
        launchd.plist(replace(SERVICE, environment={}))
    )


@pytest.mark.skipif(os.name != "posix", reason="a shell of POSIX is needed")
@pytest.mark.parametrize("keys", ["WORD='one two'\n", None])
def test_the_command_of_the_property_list_reads_the_keys_and_becomes_kb(
    tmp_path: Path, keys: str | None
) -> None:
    program, secrets = tmp_path / "python", tmp_path / "a 'b' $c" / "env"
    program.write_text('#!/bin/sh\nprintf "%s|" "$WORD" "$@"\n')
    program.chmod(0o755)
    if keys:
        secrets.parent.mkdir()
        secrets.write_text(keys)
    service = replace(SERVICE, interpreter=str(program), secrets=str(secrets))
    words = plistlib.loads(launchd.plist(service))["ProgramArguments"]
    done = subprocess.run(words, capture_output=True, text=True, check=True, env={})
    assert done.stdout.split("|") == ["one two" if keys else "", *service.arguments, ""]


@pytest.mark.skipif(os.name != "posix", reason="a shell of POSIX is needed")
def test_the_recipe_for_macos_can_be_pasted(tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    (tmp_path / "launchctl").write_text(f'#!/bin/sh\necho "$@" >> "{asked}"\n')
    (tmp_path / "launchctl").chmod(0o755)
    env = {"HOME": str(tmp_path), "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run(["sh", "-eu"], input=launchd.recipe(SERVICE).encode(), env=env, check=True)
    file = tmp_path / "Library" / "LaunchAgents" / f"{SERVICE.name}.plist"
    assert plistlib.loads(file.read_bytes())["ProgramArguments"][-1] == SERVICE.vault
    subprocess.run(["sh", "-eu"], input=launchd.removal(SERVICE.name).encode(), env=env, check=True)
    assert not file.exists()
    uid = os.getuid()
    assert asked.read_text().splitlines() == [
        f"bootstrap gui/{uid} {file}",
        f"bootout gui/{uid}/{SERVICE.name}",
    ]


def test_what_a_property_list_cannot_hold_is_refused() -> None:
    with pytest.raises(UsageError, match=r"\\x1b"):
        launchd.plist(replace(SERVICE, vault="/v/\x1b", arguments=("/v/\x1b",)))


def test_the_recipe_for_windows_names_the_task_and_the_whole_command() -> None:
    service = replace(
        SERVICE,
        interpreter=r"C:\Users\O'Neil\kb\.venv\Scripts\python.exe",
        arguments=("-P", "-m", "kb", "watch", "--vault", "C:\\O'Neil\\my ‘vault’\\"),
    )
    lines = tasks.recipe(service).splitlines()
    action = next(line for line in lines if line.startswith("$action"))
    program, arguments = re.findall(r"'((?:[^'‘’]|''|‘‘|’’)*)'", action)
    assert program == r"C:\Users\O''Neil\kb\.venv\Scripts\pythonw.exe"
    assert arguments == "-P -m kb watch --vault \"C:\\O''Neil\\my ‘‘vault’’\\\\\""
    assert any(
        line.startswith(f"Register-ScheduledTask -TaskName '{service.name}'") for line in lines
    )
    assert "[Environment]::SetEnvironmentVariable('KB_CACHE_DIR', '/c/ü', 'User')" in lines
    assert f"Unregister-ScheduledTask -TaskName '{service.name}'" in tasks.removal(service.name)


@pytest.mark.parametrize("recipe", [launchd.recipe, tasks.recipe])
def test_a_recipe_says_that_it_is_untested(recipe: object) -> None:
    assert callable(recipe)
    assert "Untested" in recipe(SERVICE)
