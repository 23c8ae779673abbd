"""Read the file, replace the line, write the file: what comes to mind first."""

from __future__ import annotations

import re
from pathlib import Path

from faults.editors.shape import Declined, main


def edit(file: Path, key: str, value: str) -> None:
    try:
        text = file.read_bytes().decode()
    except UnicodeError as error:
        raise Declined(str(error)) from None
    line = f"{key}: {value}"
    found = re.search(rf"^{re.escape(key)}:.*$", text, re.MULTILINE)
    if found:
        text = text[: found.start()] + line + text[found.end() :]
    elif text.startswith("---\n"):
        text = f"---\n{line}\n" + text[4:]
    else:
        text = f"---\n{line}\n---\n{text}"
    file.write_bytes(text.encode())


if __name__ == "__main__":
    main(edit)
