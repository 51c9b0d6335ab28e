"""``forum jobs``: the jobs that were given up, and giving one another chance."""

import json

import click

from forum.cli import opening
from forum.cli.tables import show_table
from forum.database.keyset import Window
from forum.jobs import queue
from forum.jobs.models import JobId


@click.group()
def jobs() -> None:
    """Work that is done after a commit."""


@jobs.command()
@click.option("--older", default="", help="Go on from where the last list ended.")
def dead(older: str) -> None:
    """List the jobs that were given up after their last attempt, the latest first."""
    with opening.database(opening.settings()) as database, database.reading() as session:
        page = queue.dead_letters(session, Window(older=older))
    if not page.letters.items:
        click.echo("No job was given up.")
        return
    show_table(
        ("id", "job", "about", "attempts", "error", "given up at"),
        [
            (
                str(letter.id),
                letter.name,
                json.dumps(dict(letter.payload), sort_keys=True),
                str(letter.attempts),
                letter.error or "",
                letter.failed_at.isoformat(timespec="seconds"),
            )
            for letter in page.letters.items
        ],
    )
    if page.letters.older:
        click.echo(f"There are older ones: forum jobs dead --older {page.letters.older}")


@jobs.command()
@click.argument("job_id", type=click.IntRange(1, 2**63 - 1))
def retry(job_id: int) -> None:
    """Give the job with this id all its attempts again, from now on."""
    with opening.database(opening.settings()) as database, database.transaction() as session:
        queue.retry_dead(session, JobId(job_id))
    click.echo("The job waits for a worker again.")
