"""Settings, attributes, variables and rights that git goes by."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

from faults.git_cases import Case, State


def autocrlf(case: Case) -> None:
    case.git("config", "core.autocrlf", "true")
    case.git("config", "core.safecrlf", "warn")


def strict_safecrlf(case: Case) -> None:
    """Git refuses every text with bare line ends, so it refuses whatever kb writes."""
    case.git("config", "core.autocrlf", "true")
    case.git("config", "core.safecrlf", "true")


def no_safecrlf(case: Case) -> None:
    case.git("config", "--unset", "core.safecrlf")


def eol_attribute(case: Case) -> None:
    _attributes(case, "*.md text eol=crlf\n")


def _attributes(case: Case, text: str) -> None:
    (case.git_dir / "info/attributes").write_text(text)


def clean_and_smudge_filter(case: Case) -> None:
    _attributes(case, "*.md filter=upper\n")
    case.git("config", "filter.upper.clean", "sed s/attention/ATTENTION/")
    case.git("config", "filter.upper.smudge", "sed s/ATTENTION/attention/")
    case.git("config", "filter.upper.required", "true")


def filter_that_is_missing(case: Case) -> None:
    _attributes(case, "Papers/** filter=away\n")
    case.git("config", "filter.away.process", "no-such-filter")
    case.git("config", "filter.away.required", "true")


def no_filter(case: Case) -> None:
    _attributes(case, "")


def failing_signature(case: Case) -> None:
    signer = case.world.folder / "away"
    signer.write_text("#!/bin/sh\necho no key >&2; exit 2\n")
    signer.chmod(0o755)
    case.git("config", "commit.gpgsign", "true")
    case.git("config", "gpg.program", str(signer))


def no_signature(case: Case) -> None:
    case.git("config", "commit.gpgsign", "false")


def notes_are_ignored(case: Case) -> None:
    """Those that git knows stay known; new ones are the reader's choice."""
    (case.git_dir / "info").mkdir(exist_ok=True)
    (case.git_dir / "info/exclude").write_text("Papers/\nReading/\n")


def settings_of_the_person(case: Case) -> None:
    template = case.world.folder / "away"
    template.write_text("a template\n")
    case.settings(
        ("commit.template", str(template)), ("commit.cleanup", "scissors"),
        ("commit.verbose", "true"), ("commit.status", "true"), ("core.commentChar", "a"),
        ("core.quotePath", "true"), ("core.editor", "false"), ("core.pager", "false"),
        ("color.ui", "always"), ("log.showSignature", "true"), ("log.decorate", "full"),
        ("status.branch", "true"), ("status.showStash", "true"), ("status.short", "true"),
        ("status.showUntrackedFiles", "no"), ("status.relativePaths", "false"),
        ("diff.noprefix", "true"), ("diff.renames", "copies"), ("diff.external", "false"),
        ("column.ui", "always"), ("i18n.commitEncoding", "latin1"), ("commit.gpgsign", "false"),
        ("i18n.logOutputEncoding", "utf-16"), ("core.abbrev", "4"), ("advice.detachedHead", "no"),
        ("submodule.recurse", "true"), ("core.logAllRefUpdates", "false"),
        ("user.useConfigOnly", "true"), ("trailer.separators", "%"),
    )  # fmt: skip


def variables_of_a_hook(case: Case) -> None:
    """As kb finds them where a hook of another repository, or a shell for dot files, starts it."""
    away = case.world.folder / "away"
    case.git("init", "-q", str(away))
    case.env |= {
        "GIT_DIR": str(away / ".git"),
        "GIT_WORK_TREE": str(away),
        "GIT_INDEX_FILE": str(away / ".git/index"),
        "GIT_PREFIX": "Papers/",
        "GIT_OBJECT_DIRECTORY": str(away / ".git/objects"),
        "GIT_GLOB_PATHSPECS": "1",
        "GIT_EDITOR": "false",
        "GIT_TRACE": "1",
        "GIT_NAMESPACE": "other",
        "GIT_EXTERNAL_DIFF": "false",
        "GIT_CONFIG_PARAMETERS": "'core.bare=true'",
        "LANG": "de_DE.UTF-8",
        "LANGUAGE": "de",
    }


def somebody_elses_repository(case: Case) -> None:
    """What git says where the folder belongs to another user (its own switch for tests)."""
    case.env["GIT_TEST_ASSUME_DIFFERENT_OWNER"] = "1"


def my_own_repository(case: Case) -> None:
    del case.env["GIT_TEST_ASSUME_DIFFERENT_OWNER"]


def git_folder_may_only_be_read(case: Case) -> None:
    _modes(case, 0o555)
    case.first = _as_an_ordinary_user


def git_folder_may_be_written(case: Case) -> None:
    _modes(case, 0o755)


def _modes(case: Case, mode: int) -> None:
    for folder, _, _ in os.walk(case.git_dir):
        Path(folder).chmod(mode)


def _as_an_ordinary_user() -> None:
    """Root is refused nothing by file modes; without these two rights it is (capabilities(7))."""
    if sys.platform == "linux" and os.geteuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        drop_from_bounding_set = 24
        for right in (1, 2):
            assert libc.prctl(drop_from_bounding_set, right, 0, 0, 0) == 0
        header = (ctypes.c_uint32 * 2)(0x20080522, 0)
        data = (ctypes.c_uint32 * 6)()
        assert libc.capget(header, data) == 0
        for low in (0, 1, 2):
            data[low] &= ~0b110
        assert libc.capset(header, data) == 0


STATES = (
    State(autocrlf),
    State(strict_safecrlf, "held", ("would be replaced",), 1, no_safecrlf),
    State(eol_attribute),
    State(clean_and_smudge_filter),
    State(filter_that_is_missing, "held", ("no-such-filter",), 1, no_filter),
    State(failing_signature, "held", ("could not sign",), 1, no_signature),
    State(notes_are_ignored),
    State(settings_of_the_person),
    State(variables_of_a_hook, modes=("notes", "own")),
    State(somebody_elses_repository, "held", ("safe.directory",), 1, my_own_repository),
    State(
        git_folder_may_only_be_read, "held", ("Permission denied",), 1, git_folder_may_be_written
    ),
)
