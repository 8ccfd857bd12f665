"""The command line: a thin shell over the library. Only this room prints.

Exit codes: 0 done; 1 a bug (traceback); 2 bad input or usage; 3 finished with rejected rows.
"""

import sys

import click

from pipeline.cli.demo import demo
from pipeline.cli.evaluate import evaluate
from pipeline.cli.models import models
from pipeline.cli.notes import notes
from pipeline.cli.routes import routes
from pipeline.cli.suggest import suggest
from pipeline.cli.tag import tag
from pipeline.cli.train import train
from pipeline.errors import WuweiError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="wuwei", prog_name="wuwei")
def cli() -> None:
    """五微民意分拣：读懂群众留言，分到四类，送到该办的部门。全程离线。"""


for command in (demo, suggest, tag, train, evaluate, models, routes, notes):
    cli.add_command(command)


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
