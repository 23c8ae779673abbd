"""Repositories that are kept in one way or another."""

from __future__ import annotations

import shutil

from faults.git_cases import Case, State, carry_work


def ordinary(_: Case) -> None:
    """Nothing but the reader's work under way."""


def no_repository(case: Case) -> None:
    shutil.rmtree(case.root / ".git")


def make_one(case: Case) -> None:
    case.git("init", "-q")


def unborn_branch_with_all_staged(case: Case) -> None:
    case.git("checkout", "-q", "--orphan", "fresh")


def unborn_branch_with_nothing_staged(case: Case) -> None:
    no_repository(case)
    make_one(case)


def detached_head(case: Case) -> None:
    case.git("checkout", "-q", "--detach")


def packed_refs(case: Case) -> None:
    case.git("pack-refs", "--all", "--prune")


def branch_with_slashes(case: Case) -> None:
    case.git("checkout", "-q", "-b", "a/b/ünd-c")


def worktree(case: Case) -> None:
    away = case.world.folder / "away"
    case.git("worktree", "add", "-q", "-b", "side", str(away))
    case.move_to(away)


def submodule_as_vault(case: Case) -> None:
    outer = case.world.folder / "outer"
    case.git("init", "-q", str(outer))
    file = ("-c", "protocol.file.allow=always")
    case.git(*file, "submodule", "add", "-q", str(case.root), "vault", at=outer)
    case.move_to(outer / "vault")


def submodule_in_the_vault(case: Case) -> None:
    other = case.world.folder / "outer"
    case.git("init", "-q", str(other))
    (other / "a.md").write_text("a\n")
    case.git("add", ".", at=other)
    case.git("-c", "user.name=x", "-c", "user.email=x", "commit", "-q", "-m", "x", at=other)
    file = ("-c", "protocol.file.allow=always")
    case.git(*file, "submodule", "add", "-q", str(other), "Papers/lib")
    case.write("Papers/lib/a.md", "changed\n")
    case.left_out |= {"Papers/lib", "Papers/lib/a.md"}


def repository_in_the_vault(case: Case) -> None:
    """Not a submodule: a clone that lies among the notes."""
    inner = case.root / "Papers/own"
    case.git("init", "-q", str(inner))
    case.write("Papers/own/a.md", "mine\n")
    case.left_out |= {"Papers/own/", "Papers/own/a.md"}


def _rebuilt(case: Case, folder: str, *options: str) -> None:
    """The vault as a folder of a new repository that has other work staged and changed."""
    outer = case.world.folder / "outer"
    case.git("init", "-q", *options, str(outer))
    case.git("config", "user.name", "A reader", at=outer)
    case.git("config", "user.email", "reader@localhost", at=outer)
    root = outer / folder
    root.mkdir(parents=True, exist_ok=True)
    tree = case.world.folder / "away"
    tree.mkdir()
    case.git(f"--work-tree={tree}", "checkout", "-q", "HEAD", "--", ".")
    case.world.restore()
    carry_work(tree, root)
    (outer / "code.py").write_text("print(1)\n")
    (outer / "todo.txt").write_text("one\n")
    case.git("add", ".", at=outer)
    case.git("commit", "-q", "-m", "all", at=outer)
    shutil.copyfile(case.root / "Notes/Idea.md", root / "todo.md")
    case.git("add", "todo.md", at=root)
    carry_work(case.root, root)
    case.root = root
    (outer / "code.py").write_text("print(2)\n")
    case.git("add", "code.py", at=outer)
    (outer / "code.py").write_text("print(3)\n")
    (outer / "new.txt").write_text("new\n")
    (outer / "todo.txt").unlink()


def vault_in_a_subfolder(case: Case) -> None:
    _rebuilt(case, "docs/[my] vault")


def sha256_repository(case: Case) -> None:
    _rebuilt(case, "vault", "--object-format=sha256")


def separate_git_dir(case: Case) -> None:
    case.git("init", "-q", f"--separate-git-dir={case.world.folder / 'store'}")


def core_worktree_is_set(case: Case) -> None:
    separate_git_dir(case)
    case.git("config", "core.worktree", str(case.root))


def bare_around_the_vault(case: Case) -> None:
    case.git("config", "core.bare", "true")


def no_more_bare(case: Case) -> None:
    case.git("config", "core.bare", "false")


def shallow_clone(case: Case) -> None:
    store = case.world.folder / "store"
    case.git("clone", "-q", "--depth=1", f"file://{case.root}", str(store))
    case.move_to(store)


def objects_elsewhere(case: Case) -> None:
    store = case.world.folder / "store"
    case.git("clone", "-q", "--shared", str(case.root), str(store))
    case.move_to(store)


def partial_clone(case: Case) -> None:
    case.git("config", "uploadpack.allowFilter", "true")
    store = case.world.folder / "store"
    case.git("clone", "-q", "--filter=blob:none", f"file://{case.root}", str(store))
    case.move_to(store)


ALL = ("notes", "own", "off")
STATES = (
    State(ordinary, modes=ALL),
    State(no_repository, "held", ("in no repository",), end=make_one, modes=ALL),
    State(unborn_branch_with_all_staged, modes=ALL),
    State(unborn_branch_with_nothing_staged),
    State(detached_head, says=("HEAD is detached",), modes=("notes", "own")),
    State(packed_refs),
    State(branch_with_slashes),
    State(worktree),
    State(submodule_as_vault),
    State(submodule_in_the_vault, modes=("notes", "own")),
    State(repository_in_the_vault),
    State(vault_in_a_subfolder, modes=ALL),
    State(sha256_repository),
    State(separate_git_dir),
    State(core_worktree_is_set),
    State(bare_around_the_vault, "held", ("in no repository",), end=no_more_bare),
    State(shallow_clone),
    State(objects_elsewhere),
    State(partial_clone),
)
