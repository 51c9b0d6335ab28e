"""``forum doctor``: what is well, what will not be for long, and what is wrong with an installation.

It looks and changes nothing: what it writes, to see whether it can, is gone when it ends. Of members it says numbers
and no names. Whether the providers can be reached is ``forum providers check``, because they are others'.
"""

import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from config import PREFIX, Settings
from forum import clock
from forum.accounts.models import Member, Passkey
from forum.accounts.providers.checking import check_graph_api
from forum.cli import opening
from forum.cli.findings import as_data, show_finding, show_json, status_of
from forum.community.picture_files import store_of
from forum.consent import heads
from forum.consent.queries import locale_to_ask_in, site_is_ready
from forum.database import migrate
from forum.database.session import Database
from forum.errors import Unavailable
from forum.findings import Finding, Level
from forum.images.store import Folder, Store, new_name
from forum.jobs.queue import oldest_due
from forum.permissions.actor import STAFF_ROLES, MemberState, Role
from forum.search.whole_index import rules_differ
from forum.site.queries import JOB_IS_LATE_AFTER

# One that signs and one that is being rotated out.
_MOST_KEYS = 2
_OF_OTHERS = stat.S_IRWXG | stat.S_IRWXO
# What to do where pictures can't be kept, by whether they lie in a folder here.
_WHERE_TO_LOOK = {
    True: "It has to belong to the user as whom the forum runs.",
    False: f"Can it be reached from here, and may the key of {PREFIX}S3_KEY_ID put, get and delete objects?",
}


@click.command()
@click.option("--release", is_flag=True, help="Look only at the release itself: needs no installation.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
@click.pass_context
def doctor(ctx: click.Context, *, release: bool, as_json: bool) -> None:
    """Look at this installation; status 1 when something is wrong, 2 when a setting is."""
    findings = (check_graph_api(),) if release else (*_installation(opening.settings()), check_graph_api())
    if as_json:
        show_json({"findings": [as_data(finding) for finding in findings]})
    else:
        for finding in findings:
            show_finding(finding)
    ctx.exit(status_of(findings))


def _installation(settings: Settings) -> Iterator[Finding]:
    yield Finding(Level.OK, "settings", f"They can be read; the forum is at {settings.base_url}.")
    yield _ways_in(settings)
    yield _passkeys(settings)
    yield _keys("session keys", len(settings.session_keys), "30 days")
    yield _keys("cookie keys", len(settings.cookie_keys), "an hour")
    yield _mail(settings)
    yield from _data_folder(settings.data_folder)
    yield _pictures(settings)
    yield from _database(settings)


def _ways_in(settings: Settings) -> Finding:
    if not settings.providers:
        return Finding(Level.PROBLEM, "providers", "None is configured, so nobody can join.")
    return Finding(
        Level.OK, "providers", f"Configured: {', '.join(settings.providers)}. Try them: forum providers check"
    )


def _passkeys(settings: Settings) -> Finding:
    if settings.passkeys:
        return Finding(Level.OK, "passkeys", "They are on.")
    return Finding(Level.WARNING, "passkeys", f"They are off, and staff need one: set {PREFIX}PASSKEYS=yes.")


def _keys(about: str, number: int, kept: str) -> Finding:
    if number == 1:
        return Finding(Level.OK, about, "There is one.")
    if number <= _MOST_KEYS:
        return Finding(
            Level.OK, about, f"There are two. Take the older one out {kept} after the newer one came."
        )
    return Finding(
        Level.WARNING, about, f"There are {number}. Those that served more than {kept} ago can be taken out."
    )


def _mail(settings: Settings) -> Finding:
    if settings.smtp_host is None:
        return Finding(
            Level.WARNING, "mail", f"No letters are written, because {PREFIX}SMTP_HOST is not set."
        )
    return Finding(Level.OK, "mail", "A mail server is set.")


def _data_folder(folder: Path) -> Iterator[Finding]:
    about = "data folder"
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
        mode = folder.stat().st_mode
    except OSError as error:
        yield Finding(
            Level.PROBLEM, about, f"Nothing can be written into {folder}: {error.strerror or error}."
        )
        return
    if mode & _OF_OTHERS:
        yield Finding(
            Level.WARNING,
            about,
            f"Others on this machine can look into {folder}. Run this: chmod 700 {folder}",
        )
    else:
        yield Finding(Level.OK, about, f"{folder} can be written to, and is closed to others.")


def _pictures(settings: Settings) -> Finding:
    about, store = "pictures", store_of(settings)
    if isinstance(store, Folder):
        if not store.path.exists():
            return Finding(Level.OK, about, f"There are none yet; the first one makes {store.path}.")
        where = str(store.path)
    else:
        # Not the address, which says at whom one has an account.
        where = f"the bucket of {PREFIX}S3_BUCKET"
    fails = _fails_at(store)
    if fails is None:
        return Finding(Level.OK, about, f"They can be written to {where}, read and removed there.")
    return Finding(
        Level.PROBLEM, about, f"They can't be {fails} {where}. {_WHERE_TO_LOOK[isinstance(store, Folder)]}"
    )


def _fails_at(store: Store) -> str | None:
    """Write a small file, read it and remove it; say what of that can't be done."""
    name, content = new_name(), b"written by forum doctor"
    try:
        store.write(name, content)
    except Unavailable:
        return "written to"
    fails = None
    try:
        if store.read(name) != content:
            fails = "read from"
    except Unavailable:
        fails = "read from"
    try:
        store.remove(name)
        if fails is None and store.read(name) is not None:
            fails = "removed from"
    except Unavailable:
        fails = fails or "removed from"
    return fails


def _database(settings: Settings) -> Iterator[Finding]:
    about = "database"
    # Looking would make the file.
    if settings.on_sqlite and not opening.sqlite_file(settings).exists():
        yield Finding(Level.PROBLEM, about, "There is none yet. Run this: forum db upgrade")
        return
    try:
        if not migrate.is_current(settings.database_url):
            says = "It doesn't have the structure of this release. Run this: forum db upgrade"
            yield Finding(Level.PROBLEM, about, says)
            return
        found = _looked_into(settings)
    except SQLAlchemyError:
        # Its own words may hold the address with its password.
        yield Finding(Level.PROBLEM, about, f"It doesn't answer at the address in {PREFIX}DATABASE_URL.")
        return
    yield Finding(Level.OK, about, "It answers, and has the structure of this release.")
    if settings.on_sqlite and opening.sqlite_file(settings).stat().st_mode & _OF_OTHERS:
        says = "Others on this machine can read its file. Run this, which closes it: forum db upgrade"
        yield Finding(Level.PROBLEM, about, says)
    yield from found


def _looked_into(settings: Settings) -> tuple[Finding, ...]:
    database = Database(settings.database_url, size=1)
    try:
        with database.reading() as session:
            return (
                _policies(session, settings),
                _administrators(session),
                *_staff_without_passkey(session, settings),
                _worker(session),
                _consent_ledger(session, settings),
                *_search(session),
            )
    finally:
        database.dispose()


def _policies(session: Session, settings: Settings) -> Finding:
    if site_is_ready(session, locale_to_ask_in(session, settings.default_locale)):
        return Finding(Level.OK, "policies", "They are published, so people can join.")
    return Finding(
        Level.PROBLEM, "policies", "They are not published, so nobody can join. Run this: forum site init"
    )


def _administrators(session: Session) -> Finding:
    about = "administrators"
    wanted = select(Member.id).where(Member.role == Role.ADMINISTRATOR, Member.state == MemberState.ACTIVE)
    if session.scalar(wanted.limit(1)) is None:
        says = "There is none. Join, then run this: forum members promote NAME --role administrator"
        return Finding(Level.PROBLEM, about, says)
    return Finding(Level.OK, about, "There is at least one.")


def _staff_without_passkey(session: Session, settings: Settings) -> Iterator[Finding]:
    if not settings.passkeys:
        return
    number = session.scalar(
        select(func.count())
        .select_from(Member)
        .where(
            Member.role.in_(STAFF_ROLES),
            Member.state == MemberState.ACTIVE,
            Member.id.not_in(select(Passkey.member_id)),
        )
    )
    about = "staff's passkeys"
    if number:
        yield Finding(
            Level.WARNING, about, f"{number} of the staff have none: they add one in their settings."
        )
    else:
        yield Finding(Level.OK, about, "All of the staff have one.")


def _worker(session: Session) -> Finding:
    about, since = "worker", oldest_due(session)
    waited = clock.now() - since if since else None
    if waited is None or waited <= JOB_IS_LATE_AFTER:
        return Finding(Level.OK, about, "No job has waited for long.")
    minutes = int(waited.total_seconds() // 60)
    says = f"A job has waited for {minutes} minutes. Does the worker run (forum worker)? Does the mail server answer?"
    return Finding(Level.PROBLEM, about, says)


def _search(session: Session) -> Iterator[Finding]:
    if rules_differ(session):
        says = "The words in its index were cut by other rules than this release's. Run this: forum search rebuild"
        yield Finding(Level.WARNING, "search", says)


def _consent_ledger(session: Session, settings: Settings) -> Finding:
    about, folder, keys = "consent ledger", settings.data_folder, settings.ledger_keys
    try:
        late = heads.signing_is_late(session, folder, keys)
    except heads.NotOnTheChain as error:
        says = f"It no longer holds event {error.sequence} as it was signed. See what is wrong: forum consent verify"
        return Finding(Level.PROBLEM, about, says)
    except OSError as error:
        says = f"Its signed heads in {folder} can't be read: {error.strerror or error}."
        return Finding(Level.PROBLEM, about, says)
    if late and heads.none_is_signed(session, folder, keys):
        says = f"There is no signed head in {folder / heads.FILE_NAME}. See what to do: forum consent verify"
        return Finding(Level.WARNING, about, says)
    if late:
        hours = int(heads.LATE_AFTER.total_seconds() // 3600)
        says = f"Decisions have waited for a signed head for over {hours} hours. Does the worker run (forum worker)?"
        return Finding(Level.WARNING, about, says)
    return Finding(Level.OK, about, "Its head is signed. Check all of it: forum consent verify")
