"""python-frontmatter as its documentation shows it: load, set, dump."""

from __future__ import annotations

from pathlib import Path

import frontmatter
import yaml
from faults.editors.shape import Declined, main


def edit(file: Path, key: str, value: str) -> None:
    try:
        post = frontmatter.load(str(file))
        post[key] = value
        frontmatter.dump(post, str(file))
    except (yaml.YAMLError, UnicodeError, TypeError, ValueError) as error:
        raise Declined(f"{type(error).__name__}: {error}") from None


if __name__ == "__main__":
    main(edit)
