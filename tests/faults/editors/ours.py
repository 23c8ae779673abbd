"""kb, as a pass writes: the file read whole, one key edited by its lines, the names exchanged."""

from __future__ import annotations

from pathlib import Path

from faults.editors.shape import Declined, main

from kb.core.frontmatter import FrontmatterError
from kb.core.frontmatter import edit as edit_text
from kb.errors import KbError
from kb.vault.files import VaultFiles, decode


class _Forgetful:
    """Remembers no bytes of kb's own, so that every file is treated as the reader's."""

    def get(self, path: str) -> str | None:
        return None

    def put(self, path: str, sha256: str) -> None: ...

    def forget(self, path: str) -> None: ...


def edit(file: Path, key: str, value: str) -> None:
    files = VaultFiles(file.parent, quiet_seconds=0, ours=_Forgetful())
    try:
        state = files.read(file.name)
        after = edit_text(decode(file.name, state.data), {key: value})
        files.write(file.name, after.encode(), expect=state)
    except (KbError, FrontmatterError) as refusal:
        raise Declined(str(refusal)) from None


if __name__ == "__main__":
    main(edit)
