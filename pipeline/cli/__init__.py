"""The command line: a thin shell over the library. Only this room prints.

Exit codes: 0 done; 1 a bug (traceback); 2 bad input or usage; 3 finished with rejected rows;
4 (`drift`) messages have changed.
"""

import sys
from importlib import import_module

import click

from pipeline.errors import WuweiError

# Each names the module and the command in it.
COMMANDS = (
    "agreement", "audit", "corpus", "demo", "drift", "evaluate", "keys", "models", "notes",
    "pick", "routes", "serve", "suggest", "tag", "train",
)  # fmt: skip


class _Commands(click.Group):
    """Imports a command when it is asked for: training's libraries take a second to import."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"pipeline.cli.{cmd_name}")
        command: click.Command = getattr(module, cmd_name)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="wuwei", prog_name="wuwei")
def cli() -> None:
    """五微民意分拣：读懂群众留言，分到四类，送到该办的部门。全程离线。"""


def main() -> None:
    """Run the command line, turning what an operator can mend into one sentence."""
    try:
        cli(prog_name="wuwei")
    except WuweiError as error:
        click.echo(f"wuwei: {error}", err=True)
        sys.exit(2)
    except BrokenPipeError:  # the reader of our output has gone (`wuwei … | head`)
        sys.stderr.close()
        sys.exit(0)
