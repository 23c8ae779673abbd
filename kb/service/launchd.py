"""The recipe for macOS: a property list for launchd, and the commands that take it up.

Made by the book (launchd.plist(5), launchctl(1)); not tried on a Mac.
"""

from __future__ import annotations

import plistlib
import shlex
from typing import TYPE_CHECKING

from kb.errors import UsageError

if TYPE_CHECKING:
    from kb.service.described import Service

# launchd knows no file of variables; a shell reads it and becomes the watcher.
_START = 'set -a; if [ -r "$0" ]; then . "$0"; fi; set +a; exec "$@"'


def plist(service: Service) -> bytes:
    """The property list as XML. Raises UsageError for a path that XML cannot hold."""
    values: dict[str, object] = {
        "Label": service.name,
        "ProgramArguments": ["/bin/sh", "-c", _START, service.secrets, *service.words],
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": 60,
        "ExitTimeOut": 30,
        "ProcessType": "Background",
        "Nice": 10,
    }
    if service.environment:
        values["EnvironmentVariables"] = dict(service.environment)
    try:
        return plistlib.dumps(values, sort_keys=False)
    except ValueError:
        raise UsageError(
            f"{service.vault!a} holds a control character that no property list can; rename it"
        ) from None


def recipe(service: Service) -> str:
    """Lines to paste into a shell that install the service."""
    file = _file(service.name)
    return f"""\
# Paste this into a terminal. Untested on a Mac; please tell how it went.
mkdir -p ~/Library/LaunchAgents
cat > {file} <<'END_OF_PLIST'
{plist(service).decode().rstrip()}
END_OF_PLIST
launchctl bootstrap gui/$(id -u) {file}

# Its log: {_shown(service.log)}
# Read kb.toml again: launchctl kill SIGHUP gui/$(id -u)/{service.name}
# Keys go into {_shown(service.secrets)}, one NAME=value a line, readable by you alone (chmod 600).
# For a vault in Documents, on the Desktop or in iCloud, give this program Full Disk Access (System
# Settings, Privacy & Security): {_shown(service.interpreter)}
"""


def removal(name: str) -> str:
    """Lines to paste into a shell that remove the service."""
    return f"launchctl bootout gui/$(id -u)/{name}\nrm {_file(name)}\n"


def _file(name: str) -> str:
    return f"~/Library/LaunchAgents/{name}.plist"


def _shown(path: str) -> str:
    return shlex.quote(path).replace("\n", "?")
