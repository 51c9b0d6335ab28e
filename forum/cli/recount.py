"""``forum recount``: whether the counts that pages show are what is there to be counted, and putting them right."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import click
from rich.console import Console
from rich.progress import Progress
from sqlalchemy.orm import Session

from forum.cli import opening
from forum.community import reaction_tallies, topic_facts
from forum.database.session import Database

# Looked at in one statement: few enough that it ends in a moment.
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class _Counts:
    """One sort of stored counts: whose they are, and how they are walked through, checked and mended."""

    whose: str
    whose_many: str
    after: Callable[[Session, int, int], Sequence[int]]
    wrong_among: Callable[[Session, Collection[int]], Sequence[int]]
    mend: Callable[[Session, int], None]


_ALL = (
    _Counts("topic", "topics", topic_facts.topics_after, topic_facts.wrong_among, topic_facts.mend),
    _Counts(
        "post", "posts", reaction_tallies.posts_after, reaction_tallies.wrong_among, reaction_tallies.mend
    ),
)


@click.command()
@click.option("--mend", is_flag=True, help="Put right what is wrong.")
def recount(*, mend: bool) -> None:
    """Count anew what topics and posts say of replies, activity and reactions; status 1 when something is wrong."""
    looked_at: list[str] = []
    wrong = 0
    with opening.database(opening.settings()) as database:
        for counts in _ALL:
            with _bar(f"Counting {counts.whose_many}") as progress:
                many, found = _check(database, counts, progress)
            looked_at.append(_counted(many, counts))
            wrong += len(found)
            for number in found:
                click.echo(f"{counts.whose} {number}")
            if mend and found:
                with _bar(f"Mending {counts.whose_many}") as progress:
                    _mend(database, counts, found, progress)
    if not wrong:
        click.echo(f"Every count is right: {' and '.join(looked_at)} with reactions.")
    elif mend:
        click.echo("What stood there wrongly is right now.")
    else:
        raise click.ClickException(
            "What these say is not what is there to be counted. Nothing was changed. Put it right: "
            "forum recount --mend"
        )


def _check(database: Database, counts: _Counts, progress: Callable[[int], object]) -> tuple[int, list[int]]:
    """Return how many there are, and the ids of those that are wrong. Each look is a short one of its own."""
    many, found, last = 0, list[int](), 0
    while True:
        with database.reading() as session:
            batch = counts.after(session, last, _AT_ONCE)
            if not batch:
                return many, found
            found += counts.wrong_among(session, batch)
        many, last = many + len(batch), batch[-1]
        progress(len(batch))


def _mend(
    database: Database, counts: _Counts, found: Sequence[int], progress: Callable[[int], object]
) -> None:
    """Mend each in a transaction of its own, so that nobody who writes waits for long."""
    for number in found:
        with database.transaction() as session:
            counts.mend(session, number)
        progress(1)


def _counted(many: int, counts: _Counts) -> str:
    return f"{many} {counts.whose if many == 1 else counts.whose_many}"


@contextmanager
def _bar(what: str) -> Iterator[Callable[[int], object]]:
    """Show how far it is where somebody looks on. How many there are in all is known only at the end."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=None)
        yield lambda more: progress.advance(task, more)
