"""A systemd user unit as text (systemd.service(5), systemd.exec(5), quoting: systemd.syntax(7))."""

from __future__ import annotations

import glob
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kb.service.described import Service

MARK = "# made by kb"
"""The first line of a unit that is ours to replace and to remove."""
_PLAIN = re.compile(r"[A-Za-z0-9_./:=+-]+")
_ODD = {"$", '"', "'", "\\"}
_BECOME = '"exec \\"$$0\\" \\"$$@\\""'
_NAMED = {"\n": r"\n", "\r": r"\r", "\t": r"\t", "\\": r"\\", '"': r"\""}

# RestartForceExitStatus: a reload that comes before kb listens for it ends the process, and counts as
# a clean end. KillMode: git, started by kb, is left to finish. No RestrictSUIDSGID: vaults shared by a
# group have folders with that bit. No ProtectSystem and its like: a user's manager can give them only
# with PrivateUsers, which hides who owns a file.
_UNIT = """\
{mark}
# `kb watch --install` writes this file anew. Changes of yours: systemctl --user edit {name}.service

[Unit]
Description=kb watch, {title}

[Service]
Type=exec
ExecStart={command}
ExecReload=kill -HUP $MAINPID
{environment}EnvironmentFile=-{secrets}
Restart=on-failure
RestartSec=30
RestartPreventExitStatus=2
RestartForceExitStatus=SIGHUP
SuccessExitStatus=130
KillSignal=SIGTERM
KillMode=mixed
TimeoutStopSec=30
Nice=10
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes

[Install]
WantedBy=default.target
"""


def unit(service: Service) -> str:
    """The unit's text; the same service gives the same text."""
    folder = re.split(r"[/\\]", service.vault)[-1]
    return _UNIT.format(
        mark=MARK,
        name=service.name,
        title="".join(c if c.isprintable() else "_" for c in folder).replace("%", "%%"),
        command=_command(service.interpreter, service.arguments),
        environment="".join(
            f"Environment={quoted(f'{name}={value}')}\n"
            for name, value in service.environment.items()
        ),
        secrets=_literal_path(service.secrets),
    )


def _command(program: str, arguments: tuple[str, ...]) -> str:
    """A command line. A program whose path systemd does not take as it is (a quote, a backslash) is
    an argument of a shell that becomes the program."""
    words = [quoted(argument).replace("$", "$$") for argument in (program, *arguments)]
    if _ODD & {*program} or not program.isprintable():
        words = ["/bin/sh", "-c", _BECOME, *words]
    return " ".join(words)


def quoted(word: str) -> str:
    """`word` as one word of a unit file, whatever it holds; `$` is left to the caller."""
    if _PLAIN.fullmatch(word):
        return word
    inner = "".join(
        _NAMED.get(c) or (f"\\x{ord(c):02x}" if ord(c) < 32 or c == "\x7f" else c) for c in word
    )
    return f'"{inner.replace("%", "%%")}"'


def _literal_path(path: str) -> str:
    """A path that systemd takes for a pattern, and does not unquote."""
    return glob.escape(path.replace("\\", "\\\\")).replace("%", "%%")
