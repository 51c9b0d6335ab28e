"""The command line: serving, the worker, the database, the first texts, members, providers, and a look inside.

Each command group is one small module. What goes wrong is said in one sentence on standard error: status 2 when a
setting is wrong, 1 for everything else.
"""

import os

import click
from sqlalchemy.exc import OperationalError

from config import SettingsError
from forum import __version__
from forum.cli.backup import backup
from forum.cli.consent import consent
from forum.cli.database import db
from forum.cli.doctor import doctor
from forum.cli.jobs import jobs
from forum.cli.members import members
from forum.cli.providers import providers
from forum.cli.recount import recount
from forum.cli.retention import retention
from forum.cli.routes import routes
from forum.cli.search import search
from forum.cli.serve import serve, worker
from forum.cli.texts import site
from forum.errors import Refusal


class _Forum(click.Group):
    """A group whose commands end in a sentence, not in a traceback, for what an operator can put right."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except SettingsError as error:
            click.echo(str(error), err=True)
            ctx.exit(2)
        except Refusal as refusal:
            raise click.ClickException(refusal.reason or "There is no such thing.") from None
        except OSError as error:
            # A folder that can't be made, a file that can't be written: its name and the system's own word.
            raise click.ClickException(
                f"{error.filename or 'The system'}: {error.strerror or error}."
            ) from None
        except OperationalError as error:
            # The first line of the driver's own words; the rest would print the statement and its values.
            reason = str(error.orig).strip().partition("\n")[0]
            raise click.ClickException(f"The database can't be used: {reason}") from None


@click.group(cls=_Forum, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="alongside")
def main() -> None:
    """Run and look after an Alongside forum. Settings are read from ALONGSIDE_… environment variables."""
    # Whatever a command writes is about members, and nobody else's on this machine.
    os.umask(0o077)


for command in (
    serve,
    worker,
    db,
    backup,
    retention,
    recount,
    search,
    site,
    members,
    consent,
    providers,
    doctor,
    routes,
    jobs,
):
    main.add_command(command)
