"""One commit of named files, made on a copy of the index."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from kb.errors import Problem, TryLater
from kb.repository import plumbing
from kb.repository.command import GitFailed, run
from kb.repository.failures import failure
from kb.repository.index_lock import IndexLock
from kb.repository.plumbing import is_on
from kb.repository.state import under_way

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from kb.repository.git import Repository

Message = str | Callable[[Sequence[str]], str]
Codes = dict[str, set[str]]
"""By path what git-status(1) says of a file in two letters, twice where it was removed from the index
and not from disk."""
SIGNING_SECONDS = 30.0
HOOKS_SECONDS = 600.0
_NOTHING = (b"nothing to commit", b"nothing added to commit", b"no changes added to commit")
_UNMERGED = {"DD", "AA"}
_REMOVED, _GONE_BEFORE_ITS_COMMIT = "D ", "AD"
# A file, or the branch, moved meanwhile, or a file grew shorter while git was reading it: git maps
# long files into its memory, and is then ended by SIGBUS.
_AGAIN = ("did not match any file", "but expected", "short read", "ended by SIGBUS")


def record(
    repository: Repository,
    paths: Sequence[str],
    message: Message,
    wait_seconds: float,
    problems: list[Problem],
) -> str | None:
    """See `Repository.commit`."""
    deadline = time.monotonic() + wait_seconds
    told_before = len(problems)
    while True:
        try:
            return _try(repository, paths, message, deadline, problems)
        except GitFailed as error:
            moved = any(word in error.output for word in _AGAIN)
            if not moved or time.monotonic() >= deadline:
                raise
            del problems[told_before:]
            time.sleep(0.05)
        except OSError as error:
            raise GitFailed(
                f"{repository.git_dir}",
                f"{error.strerror or error}",
                "let kb write to the repository's folder, and make room on its disk",
            ) from error


def _try(
    repository: Repository,
    paths: Sequence[str],
    message: Message,
    deadline: float,
    problems: list[Problem],
) -> str | None:
    _stand_back(repository)
    changes = _sort_out(repository, paths, problems)
    if not changes:
        return None
    branch = repository.branch()
    if branch is None:
        problems.append(
            Problem(
                str(repository.top),
                "HEAD is detached, so kb's commits are on no branch; `git switch` to one",
            )
        )
    settings = _settings(repository)
    words = message if isinstance(message, str) else message([*changes])
    with IndexLock(repository.root, repository.git_dir, branch, deadline) as lock:
        _stand_back(repository)
        # What the reader has removed with git is not known to it any more.
        paths = [path for path, codes in changes.items() if codes != {_REMOVED}]
        plumbing.stage(repository, paths, settings, lock)
        hooks = _may_have_hooks(repository, settings)
        made = _commit(repository, changes, words, settings, lock, deadline, hooks=hooks)
        lock.committed = made is not None
        if made is not None:
            if hooks:
                _follow_hooks(repository, changes, lock, problems)
            lock.install()
    if lock.stuck is not None:
        problems.append(
            Problem(
                f"{repository.git_dir / 'index.lock'}",
                f"could not be removed ({lock.stuck.strerror}) and stops every git here; the next"
                " pass tries again, or delete it",
            )
        )
    if made is not None:
        _tidy(repository, settings)
    return made


def _stand_back(repository: Repository) -> None:
    if busy := under_way(repository.git_dir):
        raise TryLater(
            f"a {busy} is under way in {repository.top}; finish or abort it: what kb wrote is on"
            " disk and is committed by the next pass"
        )


def _commit(
    repository: Repository,
    changes: Codes,
    message: str,
    settings: Mapping[str, str],
    lock: IndexLock,
    deadline: float,
    *,
    hooks: bool,
) -> str | None:
    env = {"GIT_INDEX_FILE": os.fspath(lock.work)}
    head = repository.head()
    staged = plumbing.staged(repository, head, env) if head else None
    ours = {repository.within_top(path) for path in changes}
    # Git knows nothing any more of what was only staged and is gone.
    listed = [path for path, codes in changes.items() if codes != {_GONE_BEFORE_ITS_COMMIT}]
    if not listed or (staged is not None and staged.isdisjoint(ours)):
        return None
    left = max(0, round((deadline - time.monotonic()) * 1000))
    options = ("-c", f"core.filesRefLockTimeout={left}", *_identity(settings))
    signing = is_on(settings.get("commit.gpgsign"))
    alone = staged is not None and staged <= ours
    if alone and head and not (signing or hooks):
        return plumbing.commit_index(repository, message, options, head, lock)
    arguments = [
        # Git would tidy up with our copy for an index, and take for unused what only the
        # reader's index names; `_tidy` does it later.
        *("-c", "gc.auto=0", "-c", "maintenance.auto=false", *options),
        *("commit", "--quiet", "--untracked-files=no", "--cleanup=whitespace", "-m", message),
        *("--only", *plumbing.LISTED),
    ]
    answer = run(
        repository.root,
        arguments,
        feed=plumbing.literal(listed),
        env=env,
        timeout=SIGNING_SECONDS if signing else HOOKS_SECONDS,
        inherit=[lock.descriptor],
    )
    if answer.code == 0:
        return repository.head()
    if answer.code > 0 and any(word in answer.out for word in _NOTHING):
        return None
    raise failure(repository, answer, hooks=hooks)


def _may_have_hooks(repository: Repository, settings: Mapping[str, str]) -> bool:
    """Whether there is anything in the folder of hooks but samples, or git's settings name any."""
    if any(name.startswith("hook.") for name in settings):
        return True
    try:
        return any(not hook.name.endswith(".sample") for hook in repository.hooks.iterdir())
    except OSError as error:
        return not isinstance(error, FileNotFoundError)


def _follow_hooks(
    repository: Repository, changed: Iterable[str], lock: IndexLock, problems: list[Problem]
) -> None:
    """Entries of the index follow the commit also where a hook put something else into it.

    `git commit --only` leaves them as they were before the hook, as if the reader had staged the
    contrary. What the reader did stage in files that only the hook added stays.
    """
    index = {"GIT_INDEX_FILE": os.fspath(lock.work)}
    raw = ("-r", "-z", "--raw", "--no-renames", "--no-abbrev", "--no-ext-diff")
    of_commit = ("diff-tree", *raw, "--root", "--no-commit-id", "HEAD", "--")
    committed = _raw(run(repository.root, of_commit).out)
    staged = _raw(
        run(repository.root, ("diff-index", *raw, "--cached", "HEAD", "--"), env=index).out
    )
    ours = {repository.within_top(path) for path in changed}
    stale = [
        path
        for path, (before, _) in committed.items()
        if path in staged and (path in ours or staged[path][1] == before)
    ]
    if stale:
        feed = b"".join(b"%s\t%s\0" % (committed[path][1], os.fsencode(path)) for path in stale)
        run(
            repository.top, ["update-index", "-z", "--index-info"], feed=feed, env=index,
            inherit=[lock.descriptor],
        )  # fmt: skip
    problems.extend(
        Problem(path, "was added to kb's commit by a hook of yours")
        for path in sorted(committed.keys() - ours)
    )


def _raw(out: bytes) -> dict[str, tuple[bytes, bytes]]:
    """Mode and blob before and after, by path from the top, of what `--raw -z` prints."""
    fields = out.split(b"\0")
    found = {}
    for about, path in zip(fields[0::2], fields[1::2], strict=False):
        was, is_, before, after, _ = about.removeprefix(b":").split(b" ")
        found[os.fsdecode(path)] = (b"%s %s" % (was, before), b"%s %s" % (is_, after))
    return found


def _sort_out(repository: Repository, paths: Sequence[str], problems: list[Problem]) -> Codes:
    """Those of the paths that differ from HEAD and can be committed."""
    codes: dict[str, set[str]] = {}
    for path, code in repository.status(paths, ignored=True):
        codes.setdefault(path, set()).add(code)
    changes: Codes = {}
    for path in dict.fromkeys(paths):
        seen = codes.get(path, set())
        if any("U" in code or code in _UNMERGED for code in seen):
            problems.append(Problem(path, "is in conflict in git; resolve it and `git add` it"))
        elif "!!" in seen:
            problems.append(Problem(path, "is ignored by git, so it is not committed"))
        elif seen and not _is_file_or_gone(repository.root / path):
            problems.append(Problem(path, "is no regular file any more, so it is not committed"))
        elif seen:
            changes[path] = seen
    clean = [path for path in paths if path not in codes and (repository.root / path).exists()]
    if clean:
        known = repository.tracked(clean)
        problems.extend(
            Problem(path, "lies in a repository of its own, so it is not committed here")
            for path in clean
            if path not in known
        )
    return changes


def _is_file_or_gone(file: Path) -> bool:
    """Not a folder, pipe, socket or device in place of a file: git would give up the whole commit.

    Folders that are repositories of their own are git's to judge.
    """
    try:
        mode = file.lstat().st_mode
    except OSError:
        return True
    if stat.S_ISDIR(mode):
        return (file / ".git").exists()
    return stat.S_ISREG(mode) or stat.S_ISLNK(mode)


def _settings(repository: Repository) -> dict[str, str]:
    """Git's settings in force, names in lower case."""
    out = run(repository.root, ["config", "-z", "--list"]).text
    pairs = (entry.partition("\n") for entry in out.split("\0") if entry)
    return {name.lower(): value if line else "true" for name, line, value in pairs}


def _identity(settings: Mapping[str, str]) -> list[str]:
    """Options that name kb as the author where git would have to guess one."""
    options: list[str] = []
    for part, ours in (("name", "kb"), ("email", "kb@localhost")):
        known = all(
            os.environ.get(f"GIT_{role.upper()}_{part.upper()}")
            or settings.get(f"{role}.{part}")
            or settings.get(f"user.{part}")
            or (part == "email" and os.environ.get("EMAIL"))
            for role in ("author", "committer")
        )
        if not known:
            options += ["-c", f"user.{part}={ours}"]
    return options


def _tidy(repository: Repository, settings: Mapping[str, str]) -> None:
    """What git does by itself after a commit, and could not with a copy of the index."""
    if settings.get("maintenance.auto", "true").lower() not in {"false", "no", "off", "0"}:
        run(repository.root, ["maintenance", "run", "--auto", "--quiet"], env={})
