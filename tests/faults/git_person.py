"""A person at git, in a process of their own: `python -m faults.git_person VAULT STOP TOLD [PAUSE]`.

They stage, commit and take back, as fast as they can or with PAUSE seconds between, until the file
STOP is there; then TOLD says what they saw. What they staged must be in the index, byte for byte,
until they commit it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

FILES = ("changed.md", "Diary.md", "Notes/Idea.md")


class Person:
    def __init__(self, vault: Path) -> None:
        self.vault = vault
        self.faults: list[str] = []
        self.refused = 0
        self.commits = 0

    def git(self, *words: str) -> str | None:
        """What git prints; None where it refused because another git was at work."""
        for _ in range(200):
            ran = subprocess.run(
                ["git", *words], cwd=self.vault, capture_output=True, text=True, check=False
            )
            if ran.returncode == 0:
                return ran.stdout
            if ".lock" not in ran.stderr and "cannot lock ref" not in ran.stderr:
                return None
            self.refused += 1
            time.sleep(0.005)
        self.faults.append(f"git {words[0]} found a lock for a second: {ran.stderr}")
        return None

    def stage(self, path: str, text: str) -> str:
        (self.vault / path).write_text(text)
        self.git("add", path)
        return (self.git("hash-object", path) or "").strip()

    def check(self, path: str, blob: str) -> None:
        entry = self.git("ls-files", "-s", "--", path) or ""
        if blob not in entry:
            self.faults.append(f"{path} was staged as {blob}; the index has {entry!r}")

    def turn(self, number: int) -> None:
        path = FILES[number % len(FILES)]
        blob = self.stage(path, f"turn {number}\n")
        self.check(path, blob)
        time.sleep(0.005)
        self.check(path, blob)
        words = (
            ("commit", "-q", "-m", "theirs"),
            ("commit", "-q", "-m", "theirs", "--", path),
            ("commit", "-q", "-a", "-m", "theirs"),
            ("reset", "-q", "--", path),
        )[number % 4]
        if self.git(*words) is not None and words[0] == "commit":
            self.commits += 1


def main(vault: str, stop: str, told: str, pause: str = "0") -> None:
    person = Person(Path(vault))
    number = 0
    while not Path(stop).exists():
        person.turn(number)
        number += 1
        time.sleep(float(pause))
    last = {path: person.stage(path, f"staged last, {path}\n") for path in FILES}
    seen = {"faults": person.faults, "refused": person.refused, "commits": person.commits}
    Path(told).write_text(json.dumps({**seen, "turns": number, "staged": last}))


if __name__ == "__main__":
    main(*sys.argv[1:])
