"""The settings of a vault: `kb.toml`, checked, with defaults for what it leaves out."""

from __future__ import annotations

import os
import re
import tomllib
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # looking for some takes long
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from kb.core import names
from kb.core.assessments import Cutoffs
from kb.core.pages.columns import FULL, SHORT, checked
from kb.core.properties import Properties
from kb.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

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


Category = Annotated[str, AfterValidator(_category)]
Folder = Annotated[str, AfterValidator(_folder)]
Columns = Annotated[list[str], AfterValidator(checked)]
Score = Annotated[int, Field(ge=1, le=10)]


class _Section(BaseModel):
    # A section is part of the whole, and built with it.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


class ArxivSettings(_Section):
    categories: list[Category] = Field(default=["cs.LG", "cs.AI"], min_length=1)
    announce: list[Literal["new", "cross"]] = Field(default=["new", "cross"], min_length=1)
    backlog_days: int = Field(default=20, ge=0, le=60)


class KeepSettings(_Section):
    relevance: Score = 7
    novelty: Score = 6
    per_day: int = Field(default=15, ge=0)
    follow: list[str] = []

    @property
    def cutoffs(self) -> Cutoffs:
        return Cutoffs(self.relevance, self.novelty, self.per_day)


class FolderSettings(_Section):
    root: Folder = ""
    papers: Annotated[Folder, AfterValidator(names.checked_template)] = "Papers/{announced:%Y-%m}"
    daily: Folder = "Daily"
    weekly: Folder = "Weekly"
    monthly: Folder = "Monthly"
    templates: Folder = "Templates"
    prompts: Folder = ".kb/prompts"


class NoteSettings(_Section):
    name: Annotated[str, AfterValidator(names.checked_template)] = Field(
        default="{title}", min_length=1
    )
    quiet: float = Field(default=10.0, ge=0)
    """Seconds for which a file that the reader changed is left alone."""
    properties: Annotated[dict[str, str | bool], AfterValidator(_properties)] = {}
    """By kb's key: another name, or false where new notes are to be without it."""

    @property
    def named(self) -> Properties:
        """What notes call their properties."""
        return Properties.of(self.properties)


class PageSettings(_Section):
    links: Literal["markdown", "wiki"] = "markdown"
    month_rows: int = Field(default=10, ge=1)
    columns: Columns = list(SHORT)
    """Of the tables on monthly pages and the list of imports."""
    week_columns: Columns = list(FULL)
    """Of those on weekly pages and the home page."""


class PriceSettings(_Section):
    """US dollars for a million tokens."""

    input: float = Field(ge=0)
    cached: float | None = Field(default=None, ge=0)
    """Prompt tokens that the provider had kept; left out: as `input`."""
    output: float = Field(ge=0)


class LlmSettings(_Section):
    model: str = Field(default="gpt-4o-mini", min_length=1)
    base_url: str = ""
    language: str = Field(default="English", min_length=1, max_length=40)
    daily_budget: float = Field(default=1.0, ge=0, strict=False)
    summaries: Literal["kept", "rated", "never"] = "kept"
    """Which papers get a summary of their own, short and long."""
    notes: Literal["kept", "rated", "never"] = "never"
    """Which papers get reading notes."""
    overview: bool = True
    """Whether a month that is over gets an overview."""
    concurrency: int = Field(default=8, ge=1, le=64)
    requests_per_minute: int = Field(default=0, ge=0)
    """0: no limit."""
    tokens_per_minute: int = Field(default=0, ge=0)
    """0: no limit."""
    timeout: float = Field(default=300, gt=0, le=3600)
    """Seconds for one request as a whole."""
    batch_tokens: int = Field(default=12_000, ge=500)
    """Tokens of the papers that are asked about together, about."""
    screen: bool = True
    """Whether the local scorer may leave papers out; no paper is left out before it has earned it."""
    screen_loss: float = Field(default=0.03, ge=0, le=0.5)
    """Which part of the papers worth keeping may be lost to it, by what is known beforehand."""
    screen_floor: float = Field(default=0.2, ge=0, le=1)
    """The share of a day that is sent whatever was earned."""
    screen_sample: float = Field(default=0.015, ge=0, le=1)
    """The share of what is left out that is sent all the same, to learn what is lost."""
    prices: dict[str, PriceSettings] = {}
    """By the name of the model."""


class GitSettings(_Section):
    commit: Literal["notes", "own", "off"] = "notes"
    settle: float = Field(default=30, ge=0, strict=False)


class SyncSettings(_Section):
    at: list[Annotated[str, AfterValidator(_time)]] = ["auto"]


class Settings(_Section):
    """`kb.toml`. Every field has the default that the template writes out."""

    version: Literal[1] = 1
    arxiv: ArxivSettings = ArxivSettings()
    keep: KeepSettings = KeepSettings()
    folders: FolderSettings = FolderSettings()
    notes: NoteSettings = NoteSettings()
    pages: PageSettings = PageSettings()
    llm: LlmSettings = LlmSettings()
    git: GitSettings = GitSettings()
    sync: SyncSettings = SyncSettings()

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
    try:
        return Settings.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(f"{name}: " + "; ".join(_sentences(error))) from None


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


def _section_at(parts: tuple[int | str, ...]) -> type[BaseModel]:
    section: Any = Settings
    for part in parts:
        if isinstance(section, type) and issubclass(section, BaseModel):
            section = section.model_fields[str(part)].annotation
        else:  # a table of sections by name, such as llm.prices
            section = get_args(section)[1]
    found: type[BaseModel] = section
    return found


def _sentences(error: ValidationError) -> list[str]:
    sentences = []
    for detail in error.errors():
        where = ".".join(str(part) for part in detail["loc"])
        if detail["type"] == "extra_forbidden":
            known = list(_section_at(detail["loc"][:-1]).model_fields)
            import difflib

            close = difflib.get_close_matches(str(detail["loc"][-1]), known, n=1, cutoff=0.5)
            hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}"
            sentences.append(f"unknown key {where} ({hint})")
        else:
            message = detail["msg"].removeprefix("Value error, ")
            sentences.append(f"{where}: {message[:1].lower()}{message[1:]}")
    return sentences
