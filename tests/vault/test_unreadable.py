"""Notes whose bytes are no text: what they say of themselves at their head still counts."""

from __future__ import annotations

from pathlib import Path

import pytest
from standins.vaults import note_text

from kb.config import Settings
from kb.vault.vault import Vault

MINE = "\n## Notes\n\n"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (note_text().encode() + b"\0", "NUL byte"),
        (note_text().replace("version: 1", "version: \0").encode(), "NUL byte"),
        (note_text().encode() + b"\xff", "not UTF-8"),
        (note_text().encode("utf-16"), "is UTF-16"),
        (note_text().encode() + b"x" * (9 << 20), "more than kb reads"),
    ],
)
def test_a_note_that_is_no_text_is_still_its_papers_and_told(
    tmp_path: Path, data: bytes, why: str
) -> None:
    (tmp_path / "a.md").write_bytes(data)
    with Vault(tmp_path, Settings(), folder=tmp_path / "cache") as vault:
        for _ in range(2):  # read, then from the cache
            scan = vault.scan()
            assert [(each.where, why in each.why) for each in scan.refused] == [("a.md", True)]
            assert scan.notes["2503.00001"].path == "a.md"


def test_a_file_of_another_kind_is_nobodys_note(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"\x89PNG\0\xff" * 1000)
    with Vault(tmp_path, Settings(), folder=tmp_path / "cache") as vault:
        scan = vault.scan()
        assert not scan.refused
        assert not scan.notes
