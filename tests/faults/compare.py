"""Prints what kb and other editors of a note's properties do to notes, as one Markdown table.

    python tests/faults/compare.py [--program 'CMD {file} {key} {value}'] ...

A program is any command that sets one key of one note: exit 0 when done, another code when it
leaves the note alone. It is tried on a tenth of the lines, since every edit starts a process. `--generated`, `--bombs`, `--lines` and `--kills` change how much is tried.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[2])]

from faults import editing  # noqa: E402

COLUMNS = (
    "editor",
    "hand-made notes: same / refused / damaged",
    "made-up notes: same / refused / damaged",
    "bombs: crashed / over 1 s, of",
    "a person's lines lost, of",
    "of them in `.kb/recovered`",
    "partial files after SIGKILL, of",
)


def row(
    editor: editing.Editor, *, generated: int, lines: int, kills: int, bombs: int, seed: int
) -> tuple[str, ...]:
    """The cells of one editor."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        by_hand = editing.notes(editor, editing.hand_made(), folder)
        by_chance = editing.notes(editor, editing.made_up(generated, seed), folder)
        blown = editing.over_bombs(editor, folder, bombs)
        if editor.inside is None:
            lines = lines // 10  # each edit starts a process
        typed = editing.typing(editor, lines, folder, seed)
        killed = editing.killed(editor, kills, folder, seed)
    share = 100 * typed["lost"] / max(typed["typed"], 1)
    return (
        editor.name,
        *(
            " / ".join(str(told[k]) for k in ("same", "refused", "damaged"))
            for told in (by_hand, by_chance)
        ),
        f"{blown['crashed']} / {blown['slow']}, of {blown['tried']}",
        f"{typed['lost']} of {typed['typed']} ({share:.1f} %), {typed['updates']} updates",
        str(typed["recovered"]),
        f"{killed['partial']} of {killed['tried']}",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", action="append", default=[], metavar="CMD")
    parser.add_argument("--generated", type=int, default=300)
    parser.add_argument("--lines", type=int, default=1500)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--bombs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    words = parser.parse_args()
    editors = [*editing.EDITORS, *map(editing.foreign, words.program)]
    print("| " + " | ".join(COLUMNS) + " |")
    print("|" + " --- |" * len(COLUMNS))
    for editor in editors:
        cells = row(
            editor,
            generated=words.generated,
            lines=words.lines,
            kills=words.kills,
            bombs=words.bombs,
            seed=words.seed,
        )
        print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
