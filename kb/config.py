"""The settings of a vault: `kb.toml`, checked, with defaults for what it leaves out."""

from __future__ import annotations

import json
import os
import re
import tomllib
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, get_args, get_type_hints

from kb.core import names
from kb.core.assessments import Cutoffs
from kb.core.pages.columns import FULL, SHORT, checked
from kb.core.properties import Properties
from kb.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import AfterValidator, Field, TypeAdapter, ValidationError

FILE = "kb.toml"

_CATEGORY = re.compile(r"[a-z]+(?:-[a-z]+)*(?:\.[A-Za-z]{2}(?:-[a-z]+)?|\.[a-z]+(?:-[a-z]+)*)?")
# What keys and tokens look like: well-known prefixes, or one long run of letters and digits mixed.
_SECRET = re.compile(
    r"""\b(?:sk|pk|rk|gsk|xai|ghp|gho|ghs|github_pat|glpat|hf|AIza|xox[abp])[-_]?[A-Za-z0-9_\-]{16,}
        | (?<![A-Za-z0-9])(?=[A-Za-z]*[0-9])(?=[0-9]*[A-Za-z])[A-Za-z0-9]{32,}(?![A-Za-z0-9])
    """,
    re.VERBOSE,
)


def _category(text: str) -> str:
    if not _CATEGORY.fullmatch(text):
        raise ValueError(f"{text!r} is not an arXiv category such as cs.LG, stat.ML or hep-th")
    return text


def _folder(text: str) -> str:
    parts = [part for part in text.replace("\\", "/").split("/") if part]
    if text.startswith("/") or ":" in text.split("{")[0] or ".." in parts:
        raise ValueError(f"{text!r} must be a folder inside the vault")
    return "/".join(parts)


def _time(text: str) -> str:
    if text != "auto" and not re.fullmatch(r"(?:[01]\d|2[0-3]):[0-5]\d", text):
        raise ValueError(f'{text!r} is neither "auto" nor a time such as "07:30"')
    return text


def _properties(told: dict[str, str | bool]) -> dict[str, str | bool]:
    Properties.of(told)
    return told


# What a section may hold stands in its annotations, which pydantic reads where a text is checked. To
# import pydantic and to build what it checks with is a quarter of a start, so nothing else needs it.
_CHECKED: Any = {"extra": "forbid", "strict": True}


@dataclass(frozen=True)
class ArxivSettings:
    __pydantic_config__: ClassVar[Any] = _CHECKED
    categories: Annotated[list[Annotated[str, AfterValidator(_category)]], Field(min_length=1)] = (
        field(default_factory=lambda: ["cs.LG", "cs.AI"])
    )
    announce: Annotated[list[Literal["new", "cross"]], Field(min_length=1)] = field(
        default_factory=lambda: ["new", "cross"]
    )
    backlog_days: Annotated[int, Field(ge=0, le=60)] = 20


@dataclass(frozen=True)
class KeepSettings:
    __pydantic_config__: ClassVar[Any] = _CHECKED
    relevance: Annotated[int, Field(ge=1, le=10)] = 7
    novelty: Annotated[int, Field(ge=1, le=10)] = 6
    per_day: Annotated[int, Field(ge=0)] = 15
    follow: list[str] = field(default_factory=list)

    @property
    def cutoffs(self) -> Cutoffs:
        return Cutoffs(self.relevance, self.novelty, self.per_day)


@dataclass(frozen=True)
class FolderSettings:
    __pydantic_config__: ClassVar[Any] = _CHECKED
    root: Annotated[str, AfterValidator(_folder)] = ""
    papers: Annotated[str, AfterValidator(_folder), AfterValidator(names.checked_template)] = (
        "Papers/{announced:%Y-%m}"
    )
    daily: Annotated[str, AfterValidator(_folder)] = "Daily"
    weekly: Annotated[str, AfterValidator(_folder)] = "Weekly"
    monthly: Annotated[str, AfterValidator(_folder)] = "Monthly"
    templates: Annotated[str, AfterValidator(_folder)] = "Templates"
    prompts: Annotated[str, AfterValidator(_folder)] = ".kb/prompts"


@dataclass(frozen=True)
class NoteSettings:
    __pydantic_config__: ClassVar[Any] = _CHECKED
    name: Annotated[str, Field(min_length=1), AfterValidator(names.checked_template)] = "{title}"
    quiet: Annotated[float, Field(ge=0)] = 10.0
    """Seconds for which a file that the reader changed is left alone."""
    properties: Annotated[dict[str, str | bool], AfterValidator(_properties)] = field(
        default_factory=dict
    )
    """By kb's key: another name, or false where new notes are to be without it."""

    @property
    def named(self) -> Properties:
        """What notes call their properties."""
        return Properties.of(self.properties)


@dataclass(frozen=True)
class PageSettings:
    __pydantic_config__: ClassVar[Any] = _CHECKED
    links: Literal["markdown", "wiki"] = "markdown"
    month_rows: Annotated[int, Field(ge=1)] = 10
    columns: Annotated[list[str], AfterValidator(checked)] = field(
        default_factory=lambda: list(SHORT)
    )
    """Of the tables on monthly pages and the list of imports."""
    week_columns: Annotated[list[str], AfterValidator(checked)] = field(
        default_factory=lambda: list(FULL)
    )
    """Of those on weekly pages and the home page."""


@dataclass(frozen=True)
class PriceSettings:
    """US dollars for a million tokens."""

    __pydantic_config__: ClassVar[Any] = _CHECKED
    input: Annotated[float, Field(ge=0)]
    output: Annotated[float, Field(ge=0)]
    cached: Annotated[float | None, Field(ge=0)] = None
    """Prompt tokens that the provider had kept; left out: as `input`."""


@dataclass(frozen=True)
class LlmSettings:
    __pydantic_config__: ClassVar[Any] = _CHECKED
    model: Annotated[str, Field(min_length=1)] = "gpt-4o-mini"
    base_url: str = ""
    language: Annotated[str, Field(min_length=1, max_length=40)] = "English"
    daily_budget: Annotated[float, Field(ge=0)] = 1.0
    summaries: Literal["kept", "rated", "never"] = "kept"
    """Which papers get a summary of their own, short and long."""
    notes: Literal["kept", "rated", "never"] = "never"
    """Which papers get reading notes."""
    overview: bool = True
    """Whether a month that is over gets an overview."""
    concurrency: Annotated[int, Field(ge=1, le=64)] = 8
    requests_per_minute: Annotated[int, Field(ge=0)] = 0
    """0: no limit."""
    tokens_per_minute: Annotated[int, Field(ge=0)] = 0
    """0: no limit."""
    timeout: Annotated[float, Field(gt=0, le=3600)] = 300.0
    """Seconds for one request as a whole."""
    batch_tokens: Annotated[int, Field(ge=500)] = 12_000
    """Tokens of the papers that are asked about together, about."""
    screen: bool = True
    """Whether the local scorer may leave papers out; no paper is left out before it has earned it."""
    screen_loss: Annotated[float, Field(ge=0, le=0.5)] = 0.03
    """Which part of the papers worth keeping may be lost to it, by what is known beforehand."""
    screen_floor: Annotated[float, Field(ge=0, le=1)] = 0.2
    """The share of a day that is sent whatever was earned."""
    screen_sample: Annotated[float, Field(ge=0, le=1)] = 0.015
    """The share of what is left out that is sent all the same, to learn what is lost."""
    prices: dict[str, PriceSettings] = field(default_factory=dict)
    """By the name of the model."""


@dataclass(frozen=True)
class GitSettings:
    __pydantic_config__: ClassVar[Any] = _CHECKED
    commit: Literal["notes", "own", "off"] = "notes"
    settle: Annotated[float, Field(ge=0)] = 30.0


@dataclass(frozen=True)
class SyncSettings:
    __pydantic_config__: ClassVar[Any] = _CHECKED
    at: list[Annotated[str, AfterValidator(_time)]] = field(default_factory=lambda: ["auto"])


@dataclass(frozen=True)
class Settings:
    """`kb.toml`. Every field has the default that the template writes out."""

    __pydantic_config__: ClassVar[Any] = _CHECKED
    version: Literal[1] = 1
    arxiv: ArxivSettings = field(default_factory=ArxivSettings)
    keep: KeepSettings = field(default_factory=KeepSettings)
    folders: FolderSettings = field(default_factory=FolderSettings)
    notes: NoteSettings = field(default_factory=NoteSettings)
    pages: PageSettings = field(default_factory=PageSettings)
    llm: LlmSettings = field(default_factory=LlmSettings)
    git: GitSettings = field(default_factory=GitSettings)
    sync: SyncSettings = field(default_factory=SyncSettings)

    def at(self, *parts: str) -> str:
        """A vault path below `folders.root`."""
        return "/".join(part for part in (self.folders.root, *parts) if part)


def load(path: Path) -> Settings:
    """The settings in the file at `path`.

    Raises ConfigError, naming the line or key and the remedy, for a file that is missing, not
    TOML, has an unknown key, a value out of range, or a value that looks like a secret.
    """
    return parse(read(path), name=path.name)


def read(path: Path) -> str:
    """The text of the file at `path`. Raises ConfigError where it cannot be read."""
    try:
        return path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"{path} is missing; `kb init {path.parent}` makes one") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from None


def parse(text: str, *, name: str = FILE) -> Settings:
    """The settings in `text`; raises ConfigError as `load` does."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name} is not valid TOML: {error}") from None
    except RecursionError:
        raise ConfigError(f"{name} is nested too deep to be settings") from None
    _refuse_secrets(raw, name, "")
    adapter = _adapter()
    from pydantic import ValidationError

    try:
        # Of JSON, since strictly taken no table of Python's is one of these classes.
        return adapter.validate_json(json.dumps(raw, default=str))
    except ValidationError as error:
        raise ConfigError(f"{name}: " + "; ".join(_sentences(error))) from None


@cache
def _adapter() -> TypeAdapter[Settings]:
    """What checks a text, built when the first one is."""
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # looking for some takes long
    import pydantic

    globals().update(Field=pydantic.Field, AfterValidator=pydantic.AfterValidator)
    return pydantic.TypeAdapter(Settings)


def _refuse_secrets(value: Any, name: str, key: str) -> None:
    if isinstance(value, dict):
        for inner, held in value.items():
            _refuse_secrets(held, name, f"{key}.{inner}" if key else inner)
    elif isinstance(value, list):
        for held in value:
            _refuse_secrets(held, name, key)
    elif isinstance(value, str) and _SECRET.search(value):
        raise ConfigError(
            f"{name}: {key} looks like a key or token; kb.toml goes into git, so keep secrets out of"
            " it and set the environment variable OPENAI_API_KEY instead"
        )


def _keys_at(parts: tuple[int | str, ...]) -> list[str]:
    """The keys of the section there."""
    section: Any = Settings
    for part in parts:
        if is_dataclass(section):
            section = get_type_hints(section)[str(part)]
        else:  # a table of sections by name, such as llm.prices
            section = get_args(section)[1]
    return [each.name for each in fields(section)]


def _sentences(error: ValidationError) -> list[str]:
    sentences = []
    for detail in error.errors():
        where = ".".join(str(part) for part in detail["loc"])
        if detail["type"] == "unexpected_keyword_argument":
            known = _keys_at(detail["loc"][:-1])
            import difflib

            close = difflib.get_close_matches(str(detail["loc"][-1]), known, n=1, cutoff=0.5)
            hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}"
            sentences.append(f"unknown key {where} ({hint})")
        else:
            message = detail["msg"].removeprefix("Value error, ")
            sentences.append(f"{where}: {message[:1].lower()}{message[1:]}")
    return sentences
