"""The recipe for Windows: a task that starts at logon, as lines for PowerShell.

Made by the book (Register-ScheduledTask); not tried on Windows.
"""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kb.service.described import Service


def recipe(service: Service) -> str:
    """Lines to paste into PowerShell that register the task and start it."""
    variables = "".join(
        f"[Environment]::SetEnvironmentVariable({quoted(name)}, {quoted(value)}, 'User')\n"
        for name, value in service.environment.items()
    )
    # pythonw: no console window that stays open.
    program = re.sub(r"python(\.exe)?$", r"pythonw\1", service.interpreter, flags=re.IGNORECASE)
    return f"""\
# Paste this into PowerShell. Untested on Windows; please tell how it went.
{variables}$action = New-ScheduledTaskAction -Execute {quoted(program)} -Argument {quoted(subprocess.list2cmdline(service.arguments))}
$trigger = New-ScheduledTaskTrigger -AtLogOn -User "$env:USERDOMAIN\\$env:USERNAME"
$settings = New-ScheduledTaskSettingsSet -AllowStartIfOnBatteries -DontStopIfGoingOnBatteries -StartWhenAvailable -ExecutionTimeLimit ([TimeSpan]::Zero) -RestartCount 999 -RestartInterval (New-TimeSpan -Minutes 1)
Register-ScheduledTask -TaskName {quoted(service.name)} -Action $action -Trigger $trigger -Settings $settings -Force
Start-ScheduledTask -TaskName {quoted(service.name)}

# Its log: {service.log}
# A key is a variable of yours: [Environment]::SetEnvironmentVariable('OPENAI_API_KEY', '...', 'User')
"""


def removal(name: str) -> str:
    """Lines to paste into PowerShell that remove the task."""
    task = quoted(name)
    return (
        f"Stop-ScheduledTask -TaskName {task}\n"
        f"Unregister-ScheduledTask -TaskName {task} -Confirm:$false\n"
    )


def quoted(text: str) -> str:
    """`text` as a PowerShell literal; it takes four typographic quotes for the plain one, too."""
    return "'" + re.sub("(['\u2018\u2019\u201a\u201b])", r"\1\1", text) + "'"
