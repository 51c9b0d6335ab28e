"""``forum consent``: checking the whole consent ledger, and signing its head so that it can be kept elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from forum.cli import opening
from forum.consent import heads, ledger
from forum.consent.heads import Checked, NotOnTheChain

# From how many events on checking takes long enough for a bar.
_LONG = 5000


@click.group()
def consent() -> None:
    """The ledger of what members agreed to."""


@consent.command()
@click.option(
    "--heads",
    "others",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with signed heads that were kept elsewhere, to check as well.",
)
def verify(others: tuple[Path, ...]) -> None:
    """Check every byte of the ledger, and its signed heads; status 1 with the first bad record when one is wrong."""
    settings = opening.settings()
    files = (settings.data_folder / heads.FILE_NAME, *others)
    with (
        opening.database(settings) as database,
        database.reading() as session,
        _bar(ledger.length(session)) as progress,
    ):
        found = heads.check_heads(session, files, settings.ledger_keys, progress)
        if not found.holds:
            raise click.ClickException(_what_is_wrong(found))
        if heads.none_is_signed(session, settings.data_folder, settings.ledger_keys):
            raise click.ClickException(
                f"There is no signed head in {files[0]}, though one is signed every hour: find out whether the "
                "file was deleted or the worker stood still, and then begin again: forum consent sign-head"
            )
    for sentence in _how_it_stands(found):
        click.echo(sentence)


@consent.command("sign-head")
def sign_head() -> None:
    """Sign the ledger's head now, and print it, so that it can be kept somewhere else."""
    settings = opening.settings()
    with opening.database(settings) as database, database.reading() as session:
        try:
            head = heads.sign_head(session, settings.data_folder, settings.ledger_keys)
        except NotOnTheChain as error:
            raise click.ClickException(
                f"The ledger no longer holds event {error.sequence} as it was signed, so what is left is not signed. "
                "See what is wrong: forum consent verify"
            ) from None
    if head is None:
        raise click.ClickException("The ledger is empty, so there is nothing to sign yet.")
    click.echo(head.line.decode())


@contextmanager
def _bar(total: int) -> Iterator[Callable[[int], object] | None]:
    """Show how far it is where somebody looks on and it takes a while."""
    console = Console(stderr=True)
    if total < _LONG or not console.is_terminal:
        yield None
        return
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("Checking the ledger", total=total)
        yield lambda done: progress.update(task, completed=done)


def _what_is_wrong(found: Checked) -> str:
    sentences = list(found.heads.faults)
    if not found.ledger.holds:
        sentences.insert(0, f"Record {found.ledger.first_bad} is the first bad one: {found.ledger.what}.")
    return "\n".join(sentences)


def _how_it_stands(found: Checked) -> Iterator[str]:
    events, records = found.ledger.events, found.ledger.records
    erased = f" The records of {events - records} went with their members." if events > records else ""
    yield f"The ledger is as it was written: {_counted(events, 'event')}, {_counted(records, 'record')}.{erased}"
    good = sorted(found.heads.good, key=lambda head: (head.sequence, head.signed_at))
    if good:
        oldest, newest = good[0], good[-1]
        # Whoever made the file vanish and the chain anew has heads again after an hour, and none from before.
        yield (
            f"It holds every signed head; the newest is of event {newest.sequence}, signed {newest.signed_at}, "
            f"and the oldest of event {oldest.sequence}, signed {oldest.signed_at}."
        )
    elif events:
        yield "No head is signed yet, so nobody could tell if its end were cut off. Sign one: forum consent sign-head"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
