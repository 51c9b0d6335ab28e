"""``forum search``: making the index anew while the forum is served, and looking whether it says what is written."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import Progress
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forum.cli import opening
from forum.community.models.threads import Post
from forum.database.session import Database
from forum.search import whole_index

# Looked at, or made anew, in one transaction: few enough that whoever writes meanwhile waits for a moment only.
_AT_ONCE = 200
_OTHER_RULES = (
    "The words in the index were cut by other rules than this release's, so not all that is there may be found. "
    "Put it right: forum search rebuild"
)

_Next = Callable[[Session, int, int], Sequence[int]]


@click.group()
def search() -> None:
    """What can be found by its words."""


@search.command()
def rebuild() -> None:
    """Make the index anew from what is written. The forum may be served meanwhile; what was right stays findable."""
    with opening.database(opening.settings()) as database:
        many = _put_anew(database, whole_index.posts_after, _how_many(database))
        with database.transaction() as session:
            whole_index.put_treatments_anew(session)
        with database.transaction() as session:
            whole_index.forget_strays(session)
            whole_index.note_rules(session)
    click.echo(f"The index was made anew: {_counted(many)}, and the pages about treatments.")


@search.command()
def check() -> None:
    """Name the posts that the index has other words for than they have; status 1 when there are some."""
    wrong = 0
    with opening.database(opening.settings()) as database:
        last, many = 0, 0
        with _bar("Comparing posts", _how_many(database)) as progress:
            while True:
                with database.reading() as session:
                    batch = whole_index.posts_after(session, last, _AT_ONCE)
                    found = whole_index.wrong_among(session, batch)
                if not batch:
                    break
                for number in found:
                    click.echo(f"post {number}")
                wrong, many, last = wrong + len(found), many + len(batch), batch[-1]
                progress(len(batch))
        with database.reading() as session:
            versions = whole_index.wrong_treatments(session)
            rules_differ = whole_index.rules_differ(session)
        for number in versions:
            click.echo(f"treatment page {number}")
    if wrong or versions:
        raise click.ClickException(
            "The index has other words for these than they have. Nothing was changed. Put it right: "
            "forum search rebuild"
        )
    if rules_differ:
        raise click.ClickException(_OTHER_RULES)
    click.echo(f"The index is right: {_counted(many)}, and the pages about treatments.")


def fill(database: Database) -> None:
    """Index what no index knows of yet, because it was written before there was one, or a filling was broken off."""
    with database.transaction() as session:
        if whole_index.is_empty(session):
            # All that will be in it is cut by these.
            whole_index.note_rules(session)
    with database.reading() as session:
        missing = whole_index.how_many_missing(session)
        treatments = whole_index.lacks_treatments(session)
    if missing:
        many = _put_anew(database, whole_index.missing_after, missing)
        click.echo(f"What is written can be searched now: {_counted(many)}.")
    if treatments:
        with database.transaction() as session:
            whole_index.put_treatments_anew(session)
    with database.reading() as session:
        if whole_index.rules_differ(session):
            click.echo(_OTHER_RULES)


def _put_anew(database: Database, after: _Next, total: int) -> int:
    """Index one batch after the other, each in a transaction of its own, and return how many posts it were."""
    last, many = 0, 0
    with _bar("Indexing posts", total) as progress:
        while True:
            with database.transaction() as session:
                batch = after(session, last, _AT_ONCE)
                whole_index.put_anew(session, batch)
            if not batch:
                return many
            last, many = batch[-1], many + len(batch)
            progress(len(batch))
            if len(batch) == _AT_ONCE:
                time.sleep(whole_index.PAUSE)


def _how_many(database: Database) -> int:
    with database.reading() as session:
        return session.execute(select(func.count()).select_from(Post)).scalar_one()


def _counted(many: int) -> str:
    return "1 post" if many == 1 else f"{many} posts"


@contextmanager
def _bar(what: str, total: int) -> Iterator[Callable[[int], object]]:
    """Show how far it is where somebody looks on."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=total)
        yield lambda more: progress.advance(task, more)
