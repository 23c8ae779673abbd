"""Jinja2 templates, rendered as data: immutable sandbox, bounded output, no missing variable."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from kb.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Template

LIMIT = 512 * 1024
"""Characters that a template may write."""


def render(text: str, variables: Mapping[str, object], *, name: str) -> str:
    """What the template `text` makes of `variables`.

    Raises ConfigError naming the file (`name`) and line for a mistake in it, a variable that does
    not exist, something the sandbox forbids, or output without end.
    """
    from jinja2 import TemplateError, TemplateSyntaxError

    parts: list[str] = []
    size = 0
    try:
        for part in _compiled(text).generate(**variables):
            parts.append(part)
            size += len(part)
            if size > LIMIT:
                raise ConfigError(
                    f"{name} writes more than {LIMIT // 1024} KiB; is there a loop in it?"
                )
    except TemplateSyntaxError as error:
        raise ConfigError(f"{name}, line {error.lineno}: {error.message}") from None
    except (
        TemplateError,
        ArithmeticError,
        TypeError,
        ValueError,
        LookupError,
        AttributeError,
    ) as error:
        raise ConfigError(f"{name}{_line(error)}: {error}") from None
    return "".join(parts)


@functools.lru_cache(maxsize=8)
def _compiled(text: str) -> Template:
    """Compiling takes longer than rendering a note, and one template makes all notes of a pass."""
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    return environment.from_string(text)


def _line(error: BaseException) -> str:
    line = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return f", line {line}" if line else ""
