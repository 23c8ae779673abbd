"""The door for other programs, and that what is measured behind it can fail."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest
from faults import compare, editing
from faults.editing import KB, NAIVE, Editor
from faults.editors import naive

FOREIGN = """
import pathlib, sys
file, key, value = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
text = file.read_bytes().decode()
if "\\n" + key + ":" not in text:
    sys.exit("there is no such key")
before, _, rest = text.partition("\\n" + key + ":")
new = before + "\\n" + key + ": " + value + "\\n" + rest.partition("\\n")[2]
file.write_bytes(new.encode())
"""


@pytest.fixture
def foreign(tmp_path: Path) -> Editor:
    script = tmp_path / "their program.py"
    script.write_text(FOREIGN)
    return editing.foreign(f"'{sys.executable}' '{script}' {{file}} {{key}} {{value}}")


def test_a_foreign_command_is_measured_as_ours_is(foreign: Editor, tmp_path: Path) -> None:
    sound, without = b"---\nstatus: x\nmine: 1\n---\n", b"words\n"
    literal = b"---\nmine: |\n status: x\nstatus: y\n---\n"
    commented = b"---\nstatus: x # why\n---\n"
    told = editing.notes(foreign, [sound, without, literal, commented], tmp_path)
    assert told == {"same": 2, "refused": 1, "damaged": 1}
    assert editing.typing(foreign, 5, tmp_path, 1)["updates"] > 0
    assert editing.killed(foreign, 2, tmp_path, 1)["tried"] == 2


def test_kb_damages_loses_and_tears_nothing(tmp_path: Path) -> None:
    texts = [*editing.hand_made(), *editing.made_up(100, 1)]
    told = editing.notes(KB, texts, tmp_path)
    assert told["damaged"] == 0
    assert told["same"] > 80
    typed = editing.typing(KB, 100, tmp_path, 1)
    assert typed["lost"] == 0
    assert typed["updates"] > 0
    assert editing.killed(KB, 20, tmp_path, 1)["partial"] == 0


def test_the_naive_editor_damages_notes(tmp_path: Path) -> None:
    told = editing.notes(NAIVE, editing.hand_made(), tmp_path)
    assert told["damaged"] > 10
    assert told["same"] > 10


def _slow(file: Path, key: str, value: str) -> None:
    """Reads, and writes what it read half a line's time later."""
    before = file.read_bytes()
    time.sleep(0.05)
    file.write_bytes(before)
    naive.edit(file, key, value)


def _in_two_parts(file: Path, key: str, value: str) -> None:
    before = file.read_bytes()
    with file.open("wb", buffering=0) as opened:
        opened.write(before[:100])
        time.sleep(0.05)
        opened.write(before[100:])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="these editors are no commands")
def test_lost_lines_and_partial_files_are_seen(tmp_path: Path) -> None:
    assert editing.typing(Editor("slow", (), _slow), 50, tmp_path, 1)["lost"] > 0
    assert editing.killed(Editor("in parts", (), _in_two_parts), 10, tmp_path, 1)["partial"] > 0


def test_a_bomb_that_crashes_a_program_is_counted(tmp_path: Path) -> None:
    crash = "import sys; open(sys.argv[1]); raise RecursionError"
    program = editing.foreign(f"'{sys.executable}' -c '{crash}' {{file}} {{key}} {{value}}")
    assert editing.over_bombs(program, tmp_path, most=2) == {"tried": 2, "crashed": 2, "slow": 0}


def test_an_editor_is_one_row_of_the_table() -> None:
    cells = compare.row(KB, generated=5, lines=10, kills=2, bombs=2, seed=1)
    assert len(cells) == len(compare.COLUMNS)
    assert cells[0] == "kb"
    assert cells[3] == "0 / 0, of 2"
    assert cells[-1] == "0 of 2"
