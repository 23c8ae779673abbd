from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from standins.vaultfiles import LINUX, names

from kb.errors import Refused
from kb.vault.files import Missing, VaultFiles, decode

linux_only = pytest.mark.skipif(not LINUX, reason="Linux has this, other systems do not")


def test_reads_what_is_there(vault: VaultFiles) -> None:
    (vault.root / "é ü.md").write_bytes(b"\xef\xbb\xbfa\r\nb")
    (vault.root / "é ü.md").chmod(0o640)
    state = vault.read("é ü.md")
    assert state.data == b"\xef\xbb\xbfa\r\nb"
    assert state.sha256 == hashlib.sha256(state.data).hexdigest()
    assert (state.path, state.size, state.mode) == ("é ü.md", 7, 0o640)
    assert state.mtime_ns == (vault.root / "é ü.md").stat().st_mtime_ns
    assert state.text == "\ufeffa\r\nb"


def test_a_missing_file_is_told_apart(vault: VaultFiles) -> None:
    with pytest.raises(Missing, match=r"^a/b\.md: is not there"):
        vault.read("a/b.md")
    assert vault.find("a/b.md") is None


@pytest.mark.parametrize(
    ("data", "why"),
    [(b"a\nb\0c", "NUL byte in line 2"), (b"a\n\n\xff", "line 3 is not UTF-8")],
)
def test_what_is_not_text_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(Refused, match=why):
        decode("a.md", data)


def test_a_file_too_large_is_refused_unread(vault: VaultFiles) -> None:
    with (vault.root / "big.md").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(Refused, match="more than kb reads"):
        vault.read("big.md")


@pytest.mark.skipif(os.name == "nt", reason="no such files there")
def test_a_pipe_or_a_folder_is_refused_at_once(vault: VaultFiles) -> None:
    os.mkfifo(vault.root / "pipe.md")
    (vault.root / "folder.md").mkdir()
    for path in ("pipe.md", "folder.md"):
        with pytest.raises(Refused, match="not a regular file"):
            vault.read(path)


@pytest.mark.parametrize(
    "path", ["", "/etc/passwd", "../x.md", "a/../../x.md", "a//b.md", "./a.md", "a\0.md", "a/."]
)
def test_no_path_leads_out(vault: VaultFiles, path: str) -> None:
    with pytest.raises(Refused):
        vault.read(path)
    with pytest.raises(Refused):
        vault.write(path, b"x", expect=None)


def test_nothing_is_written_into_git(vault: VaultFiles) -> None:
    (vault.root / ".git").mkdir()
    for path in (".git/hooks/x", "a/.GIT/config", ".git"):
        with pytest.raises(Refused, match="git's own"):
            vault.write(path, b"x", expect=None)
    assert names(vault) == set()


def test_a_name_that_is_no_unicode_is_refused(vault: VaultFiles) -> None:
    with pytest.raises(Refused, match="not Unicode"):
        vault.read("a\udcff.md")


@pytest.mark.skipif(os.name == "nt", reason="symbolic links need rights there")
def test_links_out_of_the_vault_are_not_followed(vault: VaultFiles, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    (outside / "x.md").write_text("theirs")
    (vault.root / "folder").symlink_to(outside)
    (vault.root / "file.md").symlink_to(outside / "x.md")
    (vault.root / "loop.md").symlink_to("loop.md")
    for path in ("folder/x.md", "file.md", "folder/new.md"):
        with pytest.raises(Refused, match="leads out of the vault"):
            vault.read(path)
        with pytest.raises(Refused, match="leads out of the vault"):
            vault.write(path, b"kb", expect=None)
    with pytest.raises(Refused):
        vault.read("loop.md")
    assert [each.name for each in outside.iterdir()] == ["x.md"]
    assert (outside / "x.md").read_text() == "theirs"
