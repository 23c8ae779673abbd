"""A vault that is open: its settings, files, ledger, cache and lock."""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from kb import config, resources
from kb.core import composing, frontmatter, links, regions, topics
from kb.core.pages import REGION, Layout
from kb.errors import Busy, ConfigError, Problem, Refused, UsageError
from kb.vault.cache import Cache, vault_cache_folder
from kb.vault.files import Missing, VaultFiles, decode
from kb.vault.inforce import InForce
from kb.vault.ledger import Ledger
from kb.vault.lock import VaultLock
from kb.vault.scan import Scan

if TYPE_CHECKING:
    from types import TracebackType

    from kb.config import Settings
    from kb.vault.scan import Home

CONFIG = "kb.toml"


def find(path: str | None) -> Path:
    """The vault's folder: `path`, else `$KB_VAULT`, else the nearest folder upwards with a kb.toml.

    Raises UsageError where there is none.
    """
    if named := path or os.environ.get("KB_VAULT"):
        root = Path(named).expanduser().resolve()
        if not (root / CONFIG).is_file():
            raise UsageError(_no_vault(root, named))
        return root
    here = Path.cwd().resolve()
    for folder in (here, *here.parents):
        if (folder / CONFIG).is_file():
            return folder
    raise UsageError(
        f"no {CONFIG} in this folder or above; name a vault with --vault, or make one: kb init my-vault"
    )


def _no_vault(root: Path, named: str) -> str:
    if vault_cache_folder(root).is_dir():
        return (
            f"{root} was a vault of kb, but its {CONFIG} is gone, so nothing was done; bring it back"
            " (an unmounted disk, an unfinished sync?)"
        )
    return f"{root} is not a vault of kb (no {CONFIG}); `kb init {named}` makes it one"


class Vault:
    """Opens what a pass needs. Close it, or use it as a context manager."""

    def __init__(
        self,
        root: Path,
        settings: Settings | None = None,
        *,
        folder: Path | None = None,
        forgiving: bool = False,
    ) -> None:
        """`settings` are those of its kb.toml unless others are given. With `forgiving` the last good
        text stands in for a file of settings that has a mistake. Raises ConfigError."""
        self.root = root
        self.cache_folder = folder or vault_cache_folder(root)
        self.cache = Cache(self.cache_folder)
        self._in_force = InForce(self.cache, forgiving=forgiving)
        try:
            self.settings: Settings = settings or self._in_force.use(
                CONFIG, lambda: config.read(root / CONFIG), self._parse
            )
        except BaseException:
            self.cache.close()
            raise
        self.properties = self.settings.notes.named
        self.files = VaultFiles(root, quiet_seconds=self.settings.notes.quiet, ours=self.cache)
        self.ledger = Ledger(root, memory=self.cache)

    def _parse(self, text: str) -> Settings:
        """The settings in `text`, as the last process has found them in the same."""
        about = f"{resources.build()} {hashlib.sha256(text.encode()).hexdigest()}"
        settings: Settings | None = self.cache.snapshots.load("settings", about)
        if settings is None:
            settings = config.parse(text)
            self.cache.snapshots.keep("settings", about, settings)
        return settings

    def __enter__(self) -> Vault:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self.cache.close()

    def lock(self) -> VaultLock:
        return VaultLock(self.cache_folder, self.root)

    @property
    def layout(self) -> Layout:
        folders = self.settings.folders
        return Layout(folders.root, folders.daily, folders.weekly, folders.monthly)

    def read_text(self, path: str) -> str:
        """A file of the vault as text. Raises Refused, or its subclass Missing."""
        return decode(path, self.files.read(path).data)

    def topics_text(self) -> str:
        """`Topics.md`, as it is in force. Raises ConfigError where it is missing or names no topic."""
        path = self.layout.topics

        def read() -> str:
            try:
                return self.read_text(path)
            except Missing:
                raise ConfigError(
                    f"{path} is missing; write down what to look for, or let `kb init {self.root}`"
                    " put the default back"
                ) from None

        return self._in_force.use(path, read, lambda text: topics.checked(text, path))

    def template_text(self) -> str:
        """The reader's template of a note, as it is in force; the bundled one where they have deleted
        theirs. Raises ConfigError where no note can be made from it."""
        path = self.template_name

        def read() -> str:
            try:
                return self.read_text(path)
            except Missing:
                return resources.template_file("Templates/Paper.md").decode()

        return self._in_force.use(path, read, lambda text: composing.checked_template(text, path))

    @property
    def template_name(self) -> str:
        return self.settings.at(self.settings.folders.templates, "Paper.md")

    @property
    def settings_files(self) -> tuple[str, str, str]:
        """The files by which the reader says what kb is to do."""
        return CONFIG, self.layout.topics, self.template_name

    def mistakes(self) -> list[Problem]:
        """What is wrong with these files, now. Where a last good text stands in for one, see
        `forgiving`, it is among them as well."""
        found = {}
        for path, read in (
            (self.layout.topics, self.topics_text),
            (self.template_name, self.template_text),
        ):
            try:
                read()
            except (ConfigError, Refused, Busy) as error:
                found[path] = Problem(path, str(error))
        stood_in_for = {each.where: each for each in self._in_force.mistakes()}
        return list((stood_in_for | found).values())

    def scan(self, home: Home | None = None) -> Scan:
        """The notes of the vault as they are on disk now, see `kb.vault.scan`."""
        scan = self.new_scan()
        scan.compare(home or {})
        return scan

    def new_scan(self) -> Scan:
        """A scan that has not looked at anything yet."""
        return Scan(self.files, self.cache, self.properties)

    def linked(self) -> frozenset[str] | None:
        """What the reader has linked, as `links.file_key` of the names: in Markdown (the regions of
        kb's pages do not count), on canvases, as bookmarks. None where a file cannot be read."""
        found: set[str] = set()
        for entry in self.files.walk():
            try:
                text = self.read_text(entry.path)
                ours = regions.find(text, REGION) if self.layout.owns(entry.path) else None
            except (Refused, Busy, regions.RegionError, frontmatter.FrontmatterError):
                return None
            text = text[: ours.start] + text[ours.end :] if ours else text
            found.update(links.file_key(target) for target in links.read_links(text))
        root = self.files.root
        for file in (*root.rglob("*.canvas"), *root.glob(".obsidian/bookmarks.json")):
            named = re.findall(r'"([^"]+\.md)"', file.read_text("utf-8", "replace"))
            found.update(links.file_key(json.loads(f'"{name}"')) for name in named)
        return frozenset(found)
