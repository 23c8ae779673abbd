"""The command line: reads words, makes one call, prints. One module a command, loaded when called."""

from __future__ import annotations

import importlib
import keyword
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from kb import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = {
    "init": "Make a vault, or add what is missing to an existing one.",
    "sync": "One pass: fetch, judge, write, commit.",
    "watch": "Stay: keep pages right, run the pass when arXiv's day is out.",
    "add": "Notes at once for papers named by hand.",
    "import": "Notes from digests, tables, reading lists, BibTeX.",
    "export": "Citations, tables, feeds and digests of what the vault holds.",
    "score": "Judge papers again, with a model; reading notes.",
    "index": "Render pages again; --check only looks.",
    "why": "All that is known of a paper, and why it was kept or not.",
    "status": "How things stand: days done and missing, refusals, last pass.",
    "doctor": "Named checks of the vault; --fix mends what can be mended.",
    "undo": "Revert the last pass by a commit of its own.",
}


class Lazy(click.Group):
    """Lists its commands without importing them: `kb --help` loads nothing heavy."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        name = f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name
        module = importlib.import_module(f"kb.cli.{name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="kb")
def cli() -> None:
    """The quiet second writer in a researcher's Obsidian vault.

    kb watches arXiv and the vault, judges each day's papers against your Topics.md, keeps one note
    per relevant paper, links them into daily, weekly and monthly pages, and commits them to git.

    Exit codes: 0 done, 1 something new needs a person, 2 usage or configuration, 3 a bug, 75 try
    again later, 130 interrupted.
    """


def run(words: Sequence[str]) -> int:
    """Runs one command and gives back its exit code. The one place where errors become exit codes."""
    as_json = "--json" in words
    try:
        result = cli.main(list(words), prog_name="kb", standalone_mode=False)
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.exceptions.Abort:
        return _interrupted()
    except click.ClickException as error:
        error.show()
        return 2
    except KeyboardInterrupt:
        return _interrupted()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001 - the one handler: known errors are told, others logged
        from kb.cli import failures

        return failures.tell(error, as_json=as_json)
    return result if isinstance(result, int) else 0


def _interrupted() -> int:
    click.echo(
        "kb: interrupted; what was written is whole, the next pass goes on from it", err=True
    )
    return 130


def common(command: Any) -> Any:
    """The options every command has."""
    for option in (
        click.option("-q", "--quiet", is_flag=True, help="Only errors on stderr."),
        click.option("-v", "--verbose", is_flag=True, help="Every action, on stderr."),
        click.option("--json", "as_json", is_flag=True, help="The result as JSON on stdout."),
        click.option("--vault", metavar="PATH", help="The vault (default: $KB_VAULT, or upwards)."),
    ):
        command = option(command)
    return command
