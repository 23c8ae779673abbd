"""A `systemctl` that records what it is asked and can refuse, put first on PATH."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

_SCRIPT = """\
#!/bin/sh
printf '%s\\n' "$*" >> "$0.calls"
if [ -f "$0.refuses.$2" ]; then cat "$0.refuses.$2" >&2; exit 1; fi
"""


@dataclass
class Systemctl:
    """The stand-in at `path`."""

    path: Path

    def calls(self) -> list[str]:
        """What it was asked since the last time, `--user` aside."""
        file = Path(f"{self.path}.calls")
        if not file.exists():
            return []
        lines = file.read_text().splitlines()
        file.unlink()
        assert all(line.startswith("--user ") for line in lines)
        return [line.removeprefix("--user ") for line in lines]

    def refuses(self, verb: str, words: str) -> None:
        """From now on it says `words` and fails when asked for `verb`."""
        Path(f"{self.path}.refuses.{verb}").write_text(words)


@pytest.fixture
def systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Systemctl:
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "systemctl"
    script.write_text(_SCRIPT)
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return Systemctl(script)
