"""`oih-cds`: every command of hooks/commands, loaded when it is asked for."""

from __future__ import annotations

import importlib
import os
import pkgutil
from typing import Any

import click

from cds.errors import OihError
from hooks import commands

# numpy is loaded later, with the command. Its matrices are small here (at most 120 points): threads that wait for each
# other cost several times what they save, and workers already use the cores.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


class Commands(click.Group):
    """The modules of hooks/commands by name; an error that we raise on purpose ends in one line, not in a trace."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return sorted(found.name.replace("_", "-") for found in pkgutil.iter_modules(commands.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        loaded: click.Command = importlib.import_module(f"hooks.commands.{cmd_name.replace('-', '_')}").command
        return loaded

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except OihError as error:
            raise click.ClickException(str(error)) from None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="oih-cds")
def main() -> None:
    """Shows a possible pattern of opioid-induced hyperalgesia in a patient's own dose and pain record."""


if __name__ == "__main__":
    main()
