"""How letters leave, over real SMTP: encrypted as set, to nobody else, in time, and without a word in a log."""

import logging
import socket
import sys
import time
import traceback
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from forum.jobs.worker import LEASE
from forum.mail.message import Letter, Sender, message_of
from forum.mail.transports import (
    DEADLINE,
    LetterRefused,
    LoginRefused,
    MailServer,
    NotDelivered,
    NotEncrypted,
    OutOfReach,
    Security,
    TookTooLong,
)
from tests.accounts.stand_in import free_port
from tests.mail.servers import (
    HERE,
    PASSWORD,
    USER,
    BadServer,
    Certificate,
    mail_server,
    make_certificate,
    sends_to,
)

RECIPIENT = "wren@members.example"
SUBJECT = "A change to how you log in"
WORDS = "A passkey was added."
LETTER = Letter(
    to=RECIPIENT,
    subject=SUBJECT,
    paragraphs=(WORDS,),
    link_words="How you log in",
    link_path="/settings/sign-in",
    locale="en",
)
SENDER = Sender("Alongside", "letters@forum.example", "https://forum.example")
PRIVATE = (RECIPIENT, "wren", SUBJECT, WORDS, PASSWORD, "nobody here")


def send(server: MailServer, key: str = "1") -> None:
    server.send(message_of(LETTER, SENDER, key))


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return make_certificate(tmp_path)


# --- it arrives ------------------------------------------------------------------------------------------


def test_it_arrives_in_the_clear_on_this_machine() -> None:
    with mail_server() as mailbox:
        send(sends_to(mailbox.port))
        assert mailbox.only()["To"] == RECIPIENT
    (envelope,) = mailbox.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == ("letters@forum.example", [RECIPIENT])
    assert mailbox.was_encrypted == [False]


def test_it_arrives_by_starttls(certificate: Certificate) -> None:
    with mail_server(starttls=certificate.server_context()) as mailbox:
        send(sends_to(mailbox.port, Security.STARTTLS, context=certificate.client_context()))
    assert mailbox.was_encrypted == [True]
    assert mailbox.only()["Subject"] == SUBJECT


def test_it_arrives_by_tls_from_the_first_byte(certificate: Certificate) -> None:
    with mail_server(tls=certificate.server_context()) as mailbox:
        send(sends_to(mailbox.port, Security.TLS, context=certificate.client_context()))
    assert mailbox.only()["Subject"] == SUBJECT


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS, Security.NONE])
def test_it_logs_in_where_a_user_is_set(certificate: Certificate, security: Security) -> None:
    shown: dict[str, Any] = (
        {"starttls": certificate.server_context()} if security is Security.STARTTLS else {}
    )
    shown |= {"tls": certificate.server_context()} if security is Security.TLS else {}
    with mail_server(login=True, **shown) as mailbox:
        known = sends_to(
            mailbox.port, security, context=certificate.client_context(), user=USER, password=PASSWORD
        )
        send(known)
        assert mailbox.logins == [USER]
        mailbox.only()
        with pytest.raises(LetterRefused):
            send(sends_to(mailbox.port, security, context=certificate.client_context()))


# --- it is refused ---------------------------------------------------------------------------------------


def test_a_wrong_password_is_named_so(certificate: Certificate) -> None:
    with mail_server(login=True, starttls=certificate.server_context()) as mailbox:
        context = certificate.client_context()
        wrong = sends_to(mailbox.port, Security.STARTTLS, context=context, user=USER, password="no")
        with pytest.raises(LoginRefused):
            send(wrong)
    assert mailbox.envelopes == []


def test_a_server_without_encryption_is_told_nothing() -> None:
    """Somebody on the way who strikes the offer out must not get the password instead."""
    with mail_server() as mailbox:
        server = sends_to(mailbox.port, Security.STARTTLS, user=USER, password=PASSWORD)
        with pytest.raises(NotEncrypted):
            send(server)
    assert (mailbox.logins, mailbox.envelopes) == ([], [])


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_a_certificate_that_nobody_vouches_for_is_refused(
    certificate: Certificate, security: Security
) -> None:
    context = certificate.server_context()
    shown: dict[str, Any] = {"starttls": context} if security is Security.STARTTLS else {"tls": context}
    with mail_server(login=True, **shown) as mailbox:
        # As in a real forum: the system's own authorities.
        server = sends_to(mailbox.port, security, user=USER, password=PASSWORD)
        with pytest.raises(NotEncrypted):
            send(server)
    assert (mailbox.logins, mailbox.envelopes) == ([], [])


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_anothers_certificate_is_refused(tmp_path: Path, security: Security) -> None:
    other = make_certificate(tmp_path, "another.example")
    context = other.server_context()
    shown: dict[str, Any] = {"starttls": context} if security is Security.STARTTLS else {"tls": context}
    with mail_server(**shown) as mailbox, pytest.raises(NotEncrypted):
        send(sends_to(mailbox.port, security, context=other.client_context()))
    assert mailbox.envelopes == []


def test_a_recipient_or_a_letter_is_refused() -> None:
    with mail_server(refuses=(RECIPIENT,)) as mailbox, pytest.raises(LetterRefused):
        send(sends_to(mailbox.port))
    with mail_server(answer_to_letters="554 5.7.1 no") as mailbox, pytest.raises(LetterRefused):
        send(sends_to(mailbox.port))


def test_a_server_that_is_down_is_out_of_reach() -> None:
    with pytest.raises(OutOfReach):
        send(sends_to(free_port()))


def test_a_server_that_hangs_up_is_out_of_reach() -> None:
    with socket.create_server((HERE, 0)) as listening:
        server = sends_to(listening.getsockname()[1])
        listening.close()
        with pytest.raises(OutOfReach):
            send(server)


# --- in time ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("drips", [False, True], ids=["silent", "dripping"])
@pytest.mark.parametrize("answered", range(6), ids=lambda number: f"after {number} answers")
def test_a_server_that_hangs_is_given_up_at_the_deadline(answered: int, drips: bool) -> None:
    """A timeout for each byte would not do: one that sends a byte now and then would hold the worker for ever."""
    begun = time.monotonic()
    with BadServer(answered, drips=drips) as server:
        with pytest.raises(TookTooLong):
            send(sends_to(server.port, deadline=timedelta(seconds=0.4)))
        assert time.monotonic() - begun < 5
        assert server.left_alone.wait(timeout=10), "The connection is cut, so that no thread is left behind."


def test_nobody_waits_for_the_goodbye() -> None:
    """The letter is taken; if this failed, it would be sent twice."""
    with BadServer(6, drips=False) as server:
        send(sends_to(server.port))
        assert server.left_alone.wait(timeout=10)
    assert server.heard.lower().rstrip().endswith(b"quit")


def test_the_lease_outlasts_the_deadline() -> None:
    """Otherwise a second worker would send the letter while the first one still does."""
    assert DEADLINE * 2 <= LEASE


# --- nobody else learns of it ----------------------------------------------------------------------------

_watched: list[list[Any]] = []


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if _watched and event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyaddr"):
        _watched[-1].append(arguments[1] if event == "socket.connect" else arguments[0])


sys.addaudithook(_watch)


@pytest.fixture
def reached() -> Iterator[list[Any]]:
    """Everything that is connected to, or looked up, from now on."""
    _watched.append([])
    yield _watched[-1]
    _watched.pop()


@pytest.mark.proves("W10")
def test_it_reaches_the_configured_server_and_nothing_else(
    certificate: Certificate, reached: list[Any]
) -> None:
    with mail_server(starttls=certificate.server_context()) as mailbox:
        reached.clear()  # The server's own first look at itself.
        send(sends_to(mailbox.port, Security.STARTTLS, context=certificate.client_context()))
        places = set(reached)
    # Not even what this machine is called is asked: smtplib would.
    assert places == {(HERE, mailbox.port), HERE}


@pytest.mark.proves("W14")
@pytest.mark.parametrize("what", ["sent", "recipient", "letter", "login", "down", "slow"])
def test_nothing_of_a_letter_is_logged_or_stands_in_an_error(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], what: str
) -> None:
    refuses = (RECIPIENT,) if what == "recipient" else ()
    answer = f"554 5.7.1 {RECIPIENT} said: {SUBJECT}" if what == "letter" else ""
    raised: list[NotDelivered] = []
    with mail_server(refuses=refuses, answer_to_letters=answer, login=what == "login") as mailbox:
        logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # The server's own.
        server = sends_to(mailbox.port)
        if what == "login":
            server = sends_to(mailbox.port, user=USER, password=f"not {PASSWORD}")
        if what == "down":
            server = sends_to(free_port())
        with caplog.at_level(logging.DEBUG), BadServer(4, drips=False) as bad:
            if what == "slow":
                server = sends_to(bad.port, deadline=timedelta(seconds=0.3))
            try:
                send(server)
            except NotDelivered as error:
                raised.append(error)
    assert bool(raised) is (what != "sent")
    printed = "".join("".join(traceback.format_exception(one)) for one in raised)
    seen = capfd.readouterr()
    everything = printed + caplog.text + seen.out + seen.err + repr(server)
    assert not [private for private in PRIVATE if private in everything]
    for one in raised:
        assert (str(one), one.args, one.__cause__, one.__suppress_context__) == ("", (), None, True)
