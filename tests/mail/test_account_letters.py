"""What members are told by e-mail about their own account: who gets a letter, what it says, and that it comes."""

import logging
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import delete, event, func, select, update
from structlog.testing import capture_logs

from forum import clock
from forum.accounts import account_notices, account_wording
from forum.accounts.leaving import begin_leaving, cancel_leaving
from forum.accounts.models import AccountEvent, AccountNotice, EmailAddress, Member
from forum.accounts.providers import PROVIDER_NAMES
from forum.consent import letters
from forum.consent.commands import withdraw
from forum.consequences import CONSEQUENCES, Post, errands_of
from forum.database.session import Database
from forum.events import AccountNoticeMade
from forum.jobs.models import Job
from forum.jobs.worker import Worker
from forum.mail.message import Letter
from forum.permissions.actor import REQUIRED_PURPOSES, MemberId, MemberState, Purpose
from forum.text.pseudo import ACCENTED
from forum.text.translate import speaking
from tests import cast
from tests.accounts.stand_in import TOP, free_port
from tests.mail.post import post_to
from tests.mail.servers import Mailbox, mail_server

ADDRESS = "wren@members.example"
NAME = "Wren"
# What nobody who looks over a shoulder may learn.
BETRAYING = ("chronic", "pain", "illness", "health", "treatment", "patient", "condition", "Wren")


@pytest.fixture
def database(app: Flask) -> Database:
    """The forum's own database, from whose events everything follows as it really does."""
    found: Database = app.extensions["alongside"].database
    return found


@pytest.fixture
def wren(database: Database) -> MemberId:
    """Somebody who agreed to e-mail, by an address that their provider vouched for."""
    return cast.join(
        database, NAME, given=REQUIRED_PURPOSES | {Purpose.EMAIL}, pending=cast.identity(email=ADDRESS)
    )


def tell(database: Database, member_id: MemberId, what: AccountEvent, provider: str = "") -> None:
    with database.transaction() as session:
        account_notices.tell(session, member_id, what, provider)


def work(database: Database, post: Post | None) -> None:
    """Do everything that is due, as ``forum worker`` does."""
    Worker(database, {}, errands=[errands_of(CONSEQUENCES, post)]).run_due(limit=100)


def jobs(database: Database) -> list[tuple[int, str | None]]:
    """Return the attempts and the error of every job that is left."""
    with database.reading() as session:
        return [
            (attempts, error) for attempts, error in session.execute(select(Job.attempts, Job.last_error))
        ]


def written(database: Database) -> list[Letter]:
    """Do everything that is due, and return the letters that would have gone out."""
    out: list[Letter] = []
    work(database, lambda letter, _key: out.append(letter))
    assert jobs(database) == []
    return out


# --- what it says ----------------------------------------------------------------------------------------


@pytest.mark.proves("A37")
@pytest.mark.parametrize("what", list(AccountEvent))
def test_a_letter_says_what_happened_and_what_to_do(
    database: Database, wren: MemberId, what: AccountEvent
) -> None:
    provider = "facebook" if what.value.startswith(("identity", "sessions")) else ""
    tell(database, wren, what, provider)
    with mail_server() as mailbox:
        work(database, post_to(mailbox.port))
    assert jobs(database) == []
    letter = mailbox.only()
    text = letter.get_content().replace("\r\n", "\n")
    first, second, _why, link = text.rstrip("\n").split("\n\n")
    assert first == account_wording.sentence(what, "Facebook" if provider else "")
    assert ("Facebook" in first) is bool(provider)
    assert second == account_wording.if_it_was_not_you(what)
    assert link == "How you log in:\nhttps://forum.example/settings/sign-in"
    assert (letter["To"], letter["From"]) == (ADDRESS, "Alongside <letters@forum.example>")
    seen_at_a_glance = f"{letter['From']} {letter['Subject']} {text}".lower()
    assert not [word for word in BETRAYING if word.lower() in seen_at_a_glance]


def test_each_sentence_is_its_own_and_names_whom_it_is_about() -> None:
    for provider in ("", *PROVIDER_NAMES.values()):
        sentences = [account_wording.sentence(what, provider) for what in AccountEvent]
        assert len(set(sentences)) == len(AccountEvent)
        for said in (*sentences, *map(account_wording.if_it_was_not_you, AccountEvent)):
            assert said.endswith(".")
            assert "!" not in said
            assert "%(" not in said
    assert account_wording.provider_name("google") == "Google"
    assert account_wording.provider_name("") == account_wording.provider_name("one of a newer release") == ""


def test_it_comes_in_the_members_language(database: Database, wren: MemberId) -> None:
    with database.transaction() as session:
        session.execute(update(Member).where(Member.id == wren).values(locale=ACCENTED))
    tell(database, wren, AccountEvent.PASSKEY_ADDED)
    (letter,) = written(database)
    with speaking(ACCENTED):
        assert letter.paragraphs[0] == account_wording.sentence(AccountEvent.PASSKEY_ADDED)
        assert letter.subject == account_wording.subject(AccountEvent.PASSKEY_ADDED)
    assert letter.paragraphs[0] != account_wording.sentence(AccountEvent.PASSKEY_ADDED), (
        "Afterwards English again."
    )
    assert letter.locale == ACCENTED


def test_writing_takes_one_query(database: Database, wren: MemberId) -> None:
    tell(database, wren, AccountEvent.CODES_MADE)
    statements: list[str] = []
    with database.reading() as session:
        notice_id = session.scalars(select(AccountNotice.id)).one()
        event.listen(
            session.get_bind(), "before_cursor_execute", lambda *about: statements.append(str(about[2]))
        )
        assert letters.letter_about_account(session, AccountNoticeMade(notice_id)) is not None
    assert len([one for one in statements if one.startswith("SELECT")]) == 1


# --- who gets one ----------------------------------------------------------------------------------------


def test_without_the_consent_there_is_no_address_and_no_letter(database: Database) -> None:
    """Their provider gave an address, and they did not agree to be written to."""
    silent = cast.join(database, NAME, pending=cast.identity(email=ADDRESS))
    tell(database, silent, AccountEvent.PASSKEY_ADDED)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(EmailAddress)) == 0
    assert written(database) == []


def test_who_took_the_consent_back_is_not_written_to_any_more(database: Database, wren: MemberId) -> None:
    tell(database, wren, AccountEvent.PASSKEY_ADDED)
    with database.transaction() as session:
        withdraw(session, NAME, Purpose.EMAIL)
    assert written(database) == []


def test_an_address_that_nobody_vouched_for_gets_none(database: Database, wren: MemberId) -> None:
    with database.transaction() as session:
        session.execute(update(EmailAddress).values(verified_at=None))
    tell(database, wren, AccountEvent.PASSKEY_ADDED)
    assert written(database) == []


def test_nobody_gets_anothers(database: Database, wren: MemberId) -> None:
    other = cast.join(database, "Robin")
    tell(database, other, AccountEvent.PASSKEY_ADDED)
    assert written(database) == []
    tell(database, wren, AccountEvent.CODES_MADE)
    (letter,) = written(database)
    assert letter.to == ADDRESS


def test_what_is_no_longer_told_is_not_written(database: Database, wren: MemberId) -> None:
    tell(database, wren, AccountEvent.PASSKEY_ADDED)
    with database.transaction() as session:
        session.execute(delete(AccountNotice))
    assert written(database) == []


def test_who_is_leaving_hears_of_that_and_of_what_came_before(database: Database, wren: MemberId) -> None:
    """Else somebody in their account could add a way in and, with mail held up, have the letter about it dropped."""
    tell(database, wren, AccountEvent.PASSKEY_ADDED)
    with database.transaction() as session:
        begin_leaving(session, wren)
    before, letter = written(database)
    assert before.paragraphs[0] == account_wording.sentence(AccountEvent.PASSKEY_ADDED)
    assert letter.paragraphs[0] == account_wording.sentence(AccountEvent.LEAVING_BEGUN)
    assert "14 days" in letter.paragraphs[0]
    with database.transaction() as session:
        assert cancel_leaving(session, wren)
    (letter,) = written(database)
    assert letter.paragraphs[0] == account_wording.sentence(AccountEvent.LEAVING_CANCELLED)


@pytest.mark.parametrize("state", list(MemberState))
def test_whatever_became_of_the_account_the_letter_goes_out(
    database: Database, wren: MemberId, state: MemberState
) -> None:
    tell(database, wren, AccountEvent.PASSKEY_ADDED)
    with database.transaction() as session:
        session.execute(update(Member).where(Member.id == wren).values(state=state))
    assert [letter.to for letter in written(database)] == [ADDRESS]


def test_who_came_back_is_told_each_time_that_they_are_leaving(database: Database, wren: MemberId) -> None:
    """What the last letter said must be how things stand."""
    said = []
    for _ in range(2):
        with database.transaction() as session:
            begin_leaving(session, wren)
        with database.transaction() as session:
            cancel_leaving(session, wren)
        said += [letter.paragraphs[0] for letter in written(database)]
    leaving, back = map(
        account_wording.sentence, (AccountEvent.LEAVING_BEGUN, AccountEvent.LEAVING_CANCELLED)
    )
    assert said == [leaving, back, leaving, back]


def test_a_button_that_is_pressed_many_times_makes_one_letter_an_hour(
    database: Database, wren: MemberId
) -> None:
    with time_machine.travel(clock.now() + timedelta(hours=1), tick=False) as moment:
        for _ in range(35):
            tell(database, wren, AccountEvent.CODES_MADE)
            moment.shift(timedelta(minutes=1))
        assert len(written(database)) == 1
        with database.reading() as session:
            told = session.scalar(select(func.count()).select_from(AccountNotice))
        assert told == 35, "Their page of notices has them all."
        moment.shift(timedelta(minutes=59) - timedelta(microseconds=1))
        tell(database, wren, AccountEvent.CODES_MADE)
        assert written(database) == []
        moment.shift(timedelta(hours=1))
        tell(database, wren, AccountEvent.CODES_MADE)
        assert len(written(database)) == 1


def test_something_else_within_the_hour_is_told(database: Database, wren: MemberId) -> None:
    tell(database, wren, AccountEvent.IDENTITY_ADDED, "google")
    tell(database, wren, AccountEvent.IDENTITY_ADDED, "facebook")
    tell(database, wren, AccountEvent.IDENTITY_REMOVED, "google")
    tell(database, wren, AccountEvent.IDENTITY_ADDED, "google")
    said = [letter.paragraphs[0] for letter in written(database)]
    assert len(said) == len(set(said)) == 3


def test_what_others_were_told_keeps_no_letter_back(database: Database, wren: MemberId) -> None:
    tell(database, cast.join(database, "Robin"), AccountEvent.CODES_MADE)
    tell(database, wren, AccountEvent.CODES_MADE)
    assert [letter.to for letter in written(database)] == [ADDRESS]


def test_what_was_told_before_there_was_an_address_keeps_no_letter_back(
    database: Database, wren: MemberId
) -> None:
    """It made no letter, so the next one is the first."""
    for is_known, letters_then in ((False, 0), (True, 1)):
        with database.transaction() as session:
            session.execute(update(EmailAddress).values(verified_at=clock.now() if is_known else None))
        tell(database, wren, AccountEvent.CODES_MADE)
        assert len(written(database)) == letters_then


def test_nothing_leaves_before_the_commit(database: Database, wren: MemberId) -> None:
    with database.writing() as session:
        account_notices.tell(session, wren, AccountEvent.PASSKEY_ADDED)
        session.rollback()
    assert written(database) == []


# --- that it comes, once or again ------------------------------------------------------------------------


def test_without_a_mail_server_nothing_piles_up_and_nothing_fails(database: Database, wren: MemberId) -> None:
    tell(database, wren, AccountEvent.PASSKEY_ADDED)
    assert len(jobs(database)) == 1
    with capture_logs() as logs:
        work(database, None)
    assert jobs(database) == []
    assert [line["event"] for line in logs] == ["jobs.done"]


@pytest.mark.proves("W14")
@pytest.mark.parametrize("how", ["sent", "refused", "down"])
def test_whatever_becomes_of_it_no_log_and_no_job_holds_a_word_of_it(
    database: Database, wren: MemberId, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    tell(database, wren, AccountEvent.IDENTITY_ADDED, "google")
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # The server's own.
    with mail_server(refuses=(ADDRESS,) if how == "refused" else ()) as mailbox:
        port = free_port() if how == "down" else mailbox.port
        with capture_logs() as logs, caplog.at_level(logging.DEBUG):
            work(database, post_to(port))
    kept = {"sent": [], "refused": [(1, "LetterRefused")], "down": [(1, "OutOfReach")]}[how]
    assert jobs(database) == kept
    assert len(logs) == 1
    seen = str(logs) + caplog.text
    assert not [word for word in (ADDRESS, "wren", "You can now", "Google", "A change to") if word in seen]


def test_a_letter_that_could_not_leave_leaves_later_under_its_number(
    database: Database, wren: MemberId
) -> None:
    tell(database, wren, AccountEvent.PASSKEY_ADDED)
    work(database, post_to(free_port()))
    work(database, post_to(free_port()))
    assert jobs(database) == [(1, "OutOfReach")], "It rests before the next attempt."
    with mail_server() as mailbox, time_machine.travel(clock.now() + timedelta(minutes=1)):
        work(database, post_to(mailbox.port))
        work(database, post_to(mailbox.port))
    mailbox.only()
    assert jobs(database) == []


def test_kill_9_after_sending_sends_it_again_under_the_same_number(
    database: Database, database_url: str, wren: MemberId
) -> None:
    """Better twice than never; mail programs show one number once, or side by side."""
    tell(database, wren, AccountEvent.PASSKEY_ADDED)
    lease = timedelta(seconds=600)
    with mail_server() as mailbox:
        killed_midway(database_url, mailbox, lease)
        mailbox.only()
        work(database, post_to(mailbox.port))
        mailbox.only()  # The dead worker's lease still holds.
        with time_machine.travel(clock.now() + lease):
            work(database, post_to(mailbox.port))
        first, second = mailbox.letters()
    assert first["Message-ID"] == second["Message-ID"]
    assert first.get_content() == second.get_content()
    assert jobs(database) == []


def killed_midway(database_url: str, mailbox: Mailbox, lease: timedelta) -> None:
    """Let a real worker send the letter, and kill it before it can write that down."""
    given = [database_url, str(mailbox.port), str(int(lease.total_seconds()))]
    with subprocess.Popen(
        [sys.executable, "-m", "tests.mail.interrupted_worker", *given],
        cwd=TOP,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        said = process.stdout.readline()
        while said and said != "sent\n":
            said = process.stdout.readline()  # The log.
        process.kill()
        assert said == "sent\n", process.stderr.read()
    assert process.returncode == -signal.SIGKILL


def test_two_letters_have_two_numbers(database: Database, wren: MemberId) -> None:
    tell(database, wren, AccountEvent.PASSKEY_ADDED)
    tell(database, wren, AccountEvent.PASSKEY_REMOVED)
    with mail_server() as mailbox:
        work(database, post_to(mailbox.port))
    first, second = mailbox.letters()
    assert first["Message-ID"] != second["Message-ID"]
