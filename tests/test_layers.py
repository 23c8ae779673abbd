"""Arrows between rooms point one way (DESIGN §4)."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

KB = Path(__file__).resolve().parents[1] / "kb"
EDGES = {"sources", "scorers", "vault", "repository"}
# What each room may import from kb, besides itself.
ALLOWED = {
    "errors": set(),
    "core": {"errors"},
    **{edge: {"core", "errors", "config", "resources"} for edge in EDGES},
    "config": {"core", "errors"},
    "resources": {"errors"},
    "sync": EDGES | {"core", "errors", "config", "resources"},
}
TOP = EDGES | {"core", "errors", "config", "resources", "sync"}
COMMANDS = {"init", "doctor", "undo", "watch", "service"}
ALLOWED |= dict.fromkeys(COMMANDS, TOP | COMMANDS)
ALLOWED["cli"] = TOP | COMMANDS | {"__version__"}
ALLOWED["__main__"] = {"cli"}
ALLOWED["__init__"] = set()
# core reads and writes text; these would reach a file, a network or a clock.
FORBIDDEN_IN_CORE = {
    "os",
    "io",
    "shutil",
    "socket",
    "requests",
    "git",
    "sqlite3",
    "time",
    "tempfile",
    "subprocess",
}


def room_of(path: Path) -> str:
    relative = path.relative_to(KB)
    return relative.parts[0].removesuffix(".py")


def kb_imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "kb":
                found |= {alias.name for alias in node.names}
            elif node.module.startswith("kb."):
                found.add(node.module.split(".")[1])
        elif isinstance(node, ast.Import):
            found |= {a.name.split(".")[1] for a in node.names if a.name.startswith("kb.")}
    return found


@pytest.mark.parametrize("path", sorted(KB.rglob("*.py")), ids=lambda p: str(p.relative_to(KB)))
def test_imports_go_one_way(path: Path) -> None:
    room = room_of(path)
    wrong = kb_imports(path) - ALLOWED[room] - {room, "__version__"}
    assert not wrong, f"kb/{path.relative_to(KB)} imports {sorted(wrong)}"


@pytest.mark.parametrize(
    "path", sorted((KB / "core").rglob("*.py")), ids=lambda p: str(p.relative_to(KB))
)
def test_core_opens_nothing(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            assert not {a.name.split(".")[0] for a in node.names} & FORBIDDEN_IN_CORE
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.module.split(".")[0] not in FORBIDDEN_IN_CORE
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id != "open"
        elif isinstance(node, ast.Attribute):
            assert node.attr not in {
                "now",
                "today",
                "utcnow",
                "read_text",
                "write_text",
                "read_bytes",
            }
