"""The command line: parses, calls one verb, renders.

Needs    services and the domain.
Gives    main(), the `duewell` command.
Never    holds a rule.
Source   docs/decisions/0001.
"""

from __future__ import annotations

import typer

from duewell import __version__

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Duewell: a loan book that runs its day.")


@app.callback(invoke_without_command=True)
def root(version: bool = typer.Option(False, "--version", help="Print the version and leave.")) -> None:
    """Duewell: a loan book that runs its day."""
    if version:
        typer.echo(f"duewell {__version__}")


def main() -> None:
    """Run the command line."""
    app()
