"""How an e-mail leaves: to the one configured mail server, encrypted as set, within one deadline.

Nobody learns of a letter from us but that server: errors carry no word of what it answered, for servers quote
addresses. What is in an e-mail is not known here; see ``message``. Call with no database session open: this talks to
the network.
"""

import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from enum import StrEnum

# The whole conversation, however slowly the server talks; far shorter than the lease of the job that holds it.
DEADLINE = timedelta(seconds=30)


class Security(StrEnum):
    """How the way to the mail server is encrypted."""

    STARTTLS = "starttls"
    TLS = "tls"
    # On this machine alone, where there is no way.
    NONE = "none"


class NotDelivered(Exception):
    """The mail server did not take the letter. Its class says why, and it holds not a word."""


class OutOfReach(NotDelivered):
    """The mail server can't be talked to, or hung up."""


class NotEncrypted(NotDelivered):
    """The mail server offers no encryption, or shows a certificate that is not its own: it was told nothing."""


class LoginRefused(NotDelivered):
    """The mail server doesn't know our user and password."""


class LetterRefused(NotDelivered):
    """The mail server refuses the sender, the recipient or the letter."""


class TookTooLong(NotDelivered):
    """The mail server did not take the letter before the deadline. It may still have got it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """The server that takes our letters. ``context`` says whom to trust; None means whom the system trusts."""

    host: str
    port: int
    security: Security
    user: str = ""
    password: str = field(default="", repr=False)
    context: ssl.SSLContext | None = field(default=None, repr=False)
    deadline: timedelta = DEADLINE

    def send(self, message: EmailMessage) -> None:
        """Hand an e-mail over, to the one address in its To. Once the server said yes, nothing fails any more.

        The conversation runs in a thread of its own while this one watches the clock: timeouts of single socket calls
        start again with every byte, and looking up a name can't be interrupted at all.

        Raises NotDelivered.
        """
        talk = _Conversation(self.deadline.total_seconds())
        outcome: Future[None] = Future()

        def hold() -> None:
            try:
                self._hand_over(message, talk)
            except BaseException as error:  # Nothing is swallowed: the one who waits raises it.
                outcome.set_exception(error)
            else:
                outcome.set_result(None)
            finally:
                talk.close()

        threading.Thread(target=hold, name="mail", daemon=True).start()
        try:
            outcome.result(timeout=talk.seconds)
        except TimeoutError:
            talk.cut()
            raise TookTooLong from None

    def _hand_over(self, message: EmailMessage, talk: "_Conversation") -> None:
        """Say all of it, step by step."""
        sender, recipient = message["From"].addresses[0], message["To"].addresses[0]
        context = None
        if self.security is not Security.NONE:
            context = self.context or ssl.create_default_context()
        with _in_our_words(OutOfReach):
            # We introduce ourselves by the sender's domain: smtplib would ask the network what this machine is called.
            client = _Client(
                self.host, self.port, sender.domain, talk, context if self.security is Security.TLS else None
            )
        try:
            if self.security is Security.STARTTLS:
                with _in_our_words(NotEncrypted):
                    client.starttls(context=context)
            if self.user:
                with _in_our_words(LoginRefused):
                    client.login(self.user, self.password)
            with _in_our_words(LetterRefused):
                client.send_message(message, sender.addr_spec, [recipient.addr_spec])
            # The letter is taken, whatever becomes of the goodbye: nobody waits for the answer to it.
            with suppress(OSError):
                client.putcmd("quit")
        finally:
            client.close()


@contextmanager
def _in_our_words(refused: type[NotDelivered]) -> Iterator[None]:
    """Let no error of smtplib out: they quote the server, which quotes people. ``refused`` is what a plain no means."""
    try:
        yield
    except ssl.SSLError:
        raise NotEncrypted from None
    except smtplib.SMTPServerDisconnected:
        raise OutOfReach from None
    except smtplib.SMTPException:
        raise refused from None
    except OSError:
        raise OutOfReach from None


class _Conversation:
    """One conversation's sockets and time: one thread holds it, and the one that waits may cut it short."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._is_cut = False

    def watch(self, connection: socket.socket) -> None:
        """Remember a socket, so that it can be cut."""
        # TLS takes the socket object over and leaves an empty one behind; a duplicate reaches the same connection.
        handle = connection.dup()
        with self._lock:
            self._sockets.append(handle)
            if self._is_cut:
                _shut(handle)

    def cut(self) -> None:
        """End the conversation from outside: not one byte more is sent."""
        with self._lock:
            self._is_cut = True
            for handle in self._sockets:
                _shut(handle)

    def close(self) -> None:
        """Let go of the sockets."""
        with self._lock:
            for handle in self._sockets:
                handle.close()
            self._sockets.clear()


class _Client(smtplib.SMTP):
    """An SMTP client whose connection is watched, and encrypted from the first byte where a context is given."""

    def __init__(
        self, host: str, port: int, our_name: str, talk: _Conversation, at_once: ssl.SSLContext | None
    ) -> None:
        self._talk = talk
        self._at_once = at_once
        # Whoever waits cuts the sockets at the deadline; the timeout is for one that is not connected by then.
        super().__init__(host, port, local_hostname=our_name, timeout=2 * talk.seconds)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        made = socket.create_connection((host, port), timeout)
        self._talk.watch(made)
        return self._at_once.wrap_socket(made, server_hostname=host) if self._at_once else made


def _shut(handle: socket.socket) -> None:
    # The other side may have closed it already, which is just as well.
    with suppress(OSError):
        handle.shutdown(socket.SHUT_RDWR)
