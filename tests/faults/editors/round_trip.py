"""ruamel.yaml's round trip over the frontmatter, with quotes kept and no line wrapped."""

from __future__ import annotations

import io
import re
from pathlib import Path

from faults.editors.shape import Declined, main
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

_HEAD = re.compile(
    r"(\ufeff?---[ \t]*\r?\n)(.*?)(^---[ \t]*(?:\r?\n|\Z))", re.DOTALL | re.MULTILINE
)


def edit(file: Path, key: str, value: str) -> None:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 100_000
    try:
        text = file.read_bytes().decode()
        head = _HEAD.match(text)
        opening, block, closing = head.groups() if head else ("---\n", "", "---\n")
        data = yaml.load(block) or {}
        data[key] = value
        out = io.StringIO()
        yaml.dump(data, out)
    except (YAMLError, UnicodeError, TypeError, ValueError) as error:
        raise Declined(f"{type(error).__name__}: {error}") from None
    rest = text[head.end() :] if head else text
    file.write_bytes((opening + out.getvalue() + closing + rest).encode())


if __name__ == "__main__":
    main(edit)
