"""``forum retention``: what is over by the table of retention goes now, or is only counted."""

import click

from config import Settings
from forum import schedule
from forum.cli import opening
from forum.cli.tables import show_table
from forum.database.session import Database
from forum.jobs.queue import Names
from forum.jobs.worker import Worker
from forum.privacy import retention as table


@click.command()
@click.option("--dry-run", is_flag=True, help="Change nothing; print what would go.")
def retention(*, dry_run: bool) -> None:
    """Delete what is kept no longer, as the daily jobs do, and print how much it was."""
    settings = opening.settings()
    with opening.database(settings, size=2) as database:
        found = [_run(database, settings, rule, dry_run=dry_run) for rule in table.with_jobs()]
        if not dry_run:
            _do_jobs(database, settings)
    show_table(
        ("what", "how long", "would go" if dry_run else "gone"),
        [(due.what, due.how_long, str(due.many)) for due in found],
    )
    if dry_run:
        click.echo("Nothing was changed.")


def _run(database: Database, settings: Settings, rule: table.Rule, *, dry_run: bool) -> table.Due:
    """Do what ends one row in a transaction of its own; a dry run does it, too, and undoes it."""
    if not dry_run:
        with database.transaction() as session:
            return table.run(session, rule, settings.backup_days)
    with database.writing() as session:
        try:
            return table.run(session, rule, settings.backup_days)
        finally:
            session.rollback()


def _do_jobs(database: Database, settings: Settings) -> None:
    """Do the jobs that were put in: those that erase, one for each member, and those that remove files."""
    handlers, errands = schedule.handlers_of(settings.ban_keys), schedule.errands_of(settings, database)
    worker = Worker(database, handlers, errands=errands)
    ours = Names((*handlers, *(name for lane in errands for name in lane)), all_but=False)
    while worker.run_due(limit=100, among=ours):
        pass
