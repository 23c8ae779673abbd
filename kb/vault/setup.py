"""What `kb init` would put down: planned from what is there, without touching anything.

In a new folder the template as it is. In a vault that somebody has already, everything of kb's goes
below one folder, and nothing that exists is replaced: missing files are created, missing keys are
added to Obsidian's settings, and a name that is taken is left to whoever has it.
"""

from __future__ import annotations

import itertools
import json
import re
import tomllib
import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from kb import resources
from kb.core import views
from kb.core.properties import PLAIN, Properties
from kb.errors import ConfigError, UsageError
from kb.vault import obsidian

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from kb.vault.obsidian import JsonMerge

CONFIG = "kb.toml"
JOINED_ROOT = "arXiv"
TEMPORARY = ".kb-*.tmp"
_OFFER = re.compile(rb"^# \[notes\.properties\].*\n(?:#.*\n)*", re.MULTILINE)

_WHY = {
    CONFIG: "settings",
    "Topics.md": "what to look for; make it yours",
    "Papers.base": "live views of the papers",
    "Templates/Paper.md": "the body of a new note",
    ".gitignore": "what git need not see",
    ".kb/.gitignore": "what git need not see of kb's own",
    ".kb/.gitattributes": "ledgers of two machines merge by themselves",
    obsidian.APP: "links that follow a renamed note",
    obsidian.BOOKMARKS: "bookmarks: home, papers, topics",
    obsidian.CORE_PLUGINS: "core plugins, Bases among them",
    obsidian.TYPES: "types of a paper's properties",
}


@dataclass(frozen=True, slots=True)
class Existing:
    """What is in the folder now."""

    paths: frozenset[str]
    """Every file below it, POSIX paths."""
    read: Callable[[str], bytes]
    is_vault: bool
    """There is an `.obsidian` folder."""
    has_markdown: bool

    def get(self, path: str) -> bytes | None:
        """The bytes of one file; None where there is none."""
        return self.read(path) if path in self.paths else None


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file to create; nothing of its name exists."""

    path: str
    data: bytes
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupPlan:
    """Everything `kb init` would write, and what the person should know."""

    files: tuple[NewFile, ...]
    """`kb.toml` first: once it is there, a later run adds what an interrupted one left out."""
    merges: tuple[JsonMerge, ...]
    notes: tuple[str, ...]
    root: str
    """`folders.root`: "" or a folder."""
    links: str
    """`markdown` or `wiki`."""

    @property
    def is_empty(self) -> bool:
        return not (self.files or self.merges)


def plan_setup(
    existing: Existing, *, root: str | None = None, categories: Sequence[str] | None = None
) -> SetupPlan:
    """What to create and add so that the folder is a vault of kb's.

    `root` asks for a folder instead of the chosen one; with a `kb.toml` present it must agree.
    Raises ConfigError for a `kb.toml` that cannot be read, UsageError for a `root` that is no
    folder inside the vault.
    """
    keys = {_key(path): path for path in sorted(existing.paths, reverse=True)}
    told: list[str] = []
    again = CONFIG in existing.paths
    joined = not again and (existing.is_vault or existing.has_markdown)
    templates = "Templates"
    called = PLAIN
    if again:
        root, links, templates, called = _settings(existing.read(CONFIG), root)
    else:
        root = _choose_root(keys, joined, told) if root is None else _clean_root(root)
        links = _link_style(existing, told)

    gentle = joined or (again and bool(root))
    template = _rendered(existing, gentle, root, links, templates, categories)
    template["Papers.base"] = views.renamed(template["Papers.base"].decode(), called).encode()
    template[obsidian.TYPES] = _types(template[obsidian.TYPES], called)
    files: list[NewFile] = []
    merges: list[JsonMerge] = []
    for name, data in template.items():
        path = _target(name, root, templates)
        there = keys.get(_key(path))
        if there is None:
            files.append(NewFile(path, data, _WHY.get(name, "part of the template")))
        elif name in obsidian.ADDED:
            merge, note = obsidian.plan_merge(name, existing.read(there), data)
            merges.extend([merge] if merge else [])
            told.extend([note] if note and not again else [])
        elif name == ".gitignore":
            told.extend(_ignore_note(existing.read(there), again))
        elif not (again or name.startswith((".kb/", ".obsidian/"))):
            told.append(f"{there} is yours and stays as it is; kb's {path} is not written.")
    if joined:
        told.extend(_namesakes(existing.paths, files, root))
        told.extend(obsidian.diary_notes(existing.get))
    files.sort(key=lambda file: (file.path != CONFIG, file.path))
    return SetupPlan(
        files=tuple(files), merges=tuple(merges), notes=tuple(told), root=root, links=links
    )


def with_conventions(plan: SetupPlan, names: Mapping[str, str]) -> SetupPlan:
    """The plan, telling that the notes on papers that are there call properties by these names. A
    `kb.toml` that is made has the lines that would let new notes follow, for the reader to take."""
    if not names:
        return plan
    lines = [f"{key} = {json.dumps(name, ensure_ascii=False)}" for key, name in names.items()]
    said = " and ".join(f"{key} {name!r}" for key, name in names.items())
    note = (
        f"your notes on papers call {said}; to have new notes do so too, say it under"
        f" [notes.properties] in {CONFIG}: {', '.join(lines)}"
    )
    offered = "".join(f"# {line}\n" for line in ["[notes.properties]", *lines])
    offered = f"# As your notes on papers have it; take the # away to have new notes do so too:\n{offered}"
    files = tuple(
        replace(f, data=_OFFER.sub(lambda _: offered.encode(), f.data)) if f.path == CONFIG else f
        for f in plan.files
    )
    return replace(plan, files=files, notes=(*plan.notes, note))


def _key(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()


def _target(name: str, root: str, templates: str) -> str:
    if name in {CONFIG, ".gitignore"} or name.startswith((".kb/", ".obsidian/")):
        return name
    folder, _, rest = name.partition("/")
    if folder == "Templates":
        name = f"{templates}/{rest}"
    return f"{root}/{name}" if root else name


def _choose_root(keys: Mapping[str, str], joined: bool, told: list[str]) -> str:
    if not joined:
        return ""
    wanted = (
        JOINED_ROOT if n == 0 else f"{JOINED_ROOT} (kb)" if n == 1 else f"{JOINED_ROOT} (kb {n})"
        for n in itertools.count()
    )
    root = next(r for r in wanted if not any(f"{k}/".startswith(f"{_key(r)}/") for k in keys))
    if root != JOINED_ROOT:
        told.append(f"{JOINED_ROOT}/ is in use already, so kb's files go below {root}/.")
    return root


def _clean_root(root: str) -> str:
    parts = [part for part in root.replace("\\", "/").split("/") if part]
    if root.startswith(("/", "\\")) or any(
        part != part.strip(" ") or part[0] == "." or part[-1] == "." or _unfit(part)
        for part in parts
    ):
        raise UsageError(
            f"{root!r} cannot be the folder of kb's files; name a folder inside the vault, such as"
            f" {JOINED_ROOT}"
        )
    return "/".join(parts)


def _unfit(part: str) -> bool:
    return re.search(r'[\x00-\x1f\x7f:*?"<>|#^\[\]{}]', part) is not None


def _settings(data: bytes, asked: str | None) -> tuple[str, str, str, Properties]:
    """`folders.root`, `pages.links`, `folders.templates` and `notes.properties` of the `kb.toml` that
    is there."""
    try:
        settings = tomllib.loads(data.decode("utf-8-sig"))
    except ValueError as error:
        raise ConfigError(
            f"{CONFIG} is there but cannot be read ({error}); mend it, then run kb init again"
        ) from None
    found = []
    for section, key, default in (
        ("folders", "root", ""), ("pages", "links", "markdown"), ("folders", "templates", "Templates"),
    ):  # fmt: skip
        table = settings.get(section, {})
        value = table.get(key, default) if isinstance(table, dict) else None
        if not isinstance(value, str):
            raise ConfigError(f"{CONFIG}: {section}.{key} must be a text; mend it first")
        found.append(value)
    root, links, templates = found
    root = _clean_root(root)
    if asked is not None and _clean_root(asked) != root:
        raise UsageError(
            f"this vault's {CONFIG} says folders.root = {root!r}; change it there, not with kb init"
        )
    return root, links, _clean_root(templates) or "Templates", _called(settings)


def _called(settings: Mapping[str, Any]) -> Properties:
    notes = settings.get("notes", {})
    told = notes.get("properties", {}) if isinstance(notes, dict) else {}
    try:
        return Properties.of(told if isinstance(told, dict) else {})
    except ValueError as error:
        raise ConfigError(f"{CONFIG}: notes.properties: {error}; mend it first") from None


def _types(data: bytes, called: Properties) -> bytes:
    """Obsidian's types of properties under the names that this vault has for them."""
    types = json.loads(data)
    types["types"] = {called.name(key): kind for key, kind in types["types"].items()}
    return _dump(types)


def _link_style(existing: Existing, told: list[str]) -> str:
    """The style of the links the vault has; Markdown where Obsidian has never been."""
    if not existing.is_vault:
        return "markdown"
    app = obsidian.read_settings(existing.get(obsidian.APP))
    links = "markdown" if app.get("useMarkdownLinks") is True else "wiki"
    told.append(
        f"kb's pages will use {'Markdown' if links == 'markdown' else 'wiki'} links, as this vault"
        f" does (pages.links in {CONFIG})."
    )
    return links


def _rendered(
    existing: Existing,
    gentle: bool,
    root: str,
    links: str,
    templates: str,
    categories: Sequence[str] | None,
) -> dict[str, bytes]:
    """The template's files with this vault's values, without the sample.

    `gentle`: somebody's vault, in which nothing is set or ignored but what kb's notes need.
    """
    files = {k: v for k, v in resources.template_files().items() if not k.startswith("sample/")}
    values: dict[str, object] = {"root": root, "links": links}
    if categories is not None:
        values["categories"] = list(categories)
    config = files[CONFIG].decode("utf-8")
    for key, value in values.items():
        line = f"{key} = {json.dumps(value, ensure_ascii=False)}"
        now = re.search(rf'^{key} = (?:"[^"]*"|\[[^\]]*\])', config, re.MULTILINE)
        if now is not None:
            config = config[: now.start()] + line + config[now.end() :]
    files[CONFIG] = config.encode("utf-8")

    app = json.loads(files[obsidian.APP])
    if gentle:
        kept = ["alwaysUpdateLinks"]
        if links == "markdown" and not existing.is_vault:
            kept += ["newLinkFormat", "useMarkdownLinks"]
        app = {key: app[key] for key in kept}
        files[".gitignore"] = f"{TEMPORARY}\n".encode()
    elif links == "wiki":
        app |= {"newLinkFormat": "shortest", "useMarkdownLinks": False}
    if "userIgnoreFilters" in app:
        app["userIgnoreFilters"] = [f"{templates}/"]
    bookmarks = json.loads(files[obsidian.BOOKMARKS])
    for item in bookmarks["items"]:
        item["path"] = _target(item["path"], root, templates)
    files[obsidian.APP] = _dump(app)
    files[obsidian.BOOKMARKS] = _dump(bookmarks)
    return files


def _dump(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode("utf-8")


def _ignore_note(data: bytes, again: bool) -> Iterator[str]:
    if not again and TEMPORARY not in data.decode("utf-8", "replace").split():
        yield (
            f".gitignore is yours and stays as it is; add the line {TEMPORARY} to it, so that git"
            " never sees a file that kb is half way through writing."
        )


def _namesakes(paths: frozenset[str], files: Sequence[NewFile], root: str) -> Iterator[str]:
    """Obsidian finds a note by its bare name: say where a reader's link may now be ambiguous."""
    pages = [_target("Home.md", root, ""), *(f.path for f in files if f.path.endswith(".md"))]
    ours = {_key(page.rpartition("/")[2]): page for page in pages}
    for path in sorted(paths):
        if (mine := ours.get(_key(path.rpartition("/")[2]))) and not path.startswith("."):
            if _key(path) == _key(mine):
                yield f"{path} is yours; kb will not write its own page over it."
            else:
                yield (
                    f"{path} and kb's {mine} share a name; to link to kb's, write"
                    f" {mine.removesuffix('.md')}."
                )
