"""Mail servers for tests: a real one that keeps what it is given, and one that leaves its callers hanging."""

import asyncio
import socket
import ssl
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from forum.mail.transports import MailServer, Security
from tests.accounts.stand_in import free_port

HERE = "127.0.0.1"
USER = "letters"
PASSWORD = "a password that nobody may see"


# Without slots: aiosmtpd looks through its members, which early releases of Python 3.11 can't do with them.
@dataclass
class Mailbox:
    """What a server was given, and where it is."""

    port: int
    # Quoted in its answers, as servers do: nothing of it may get about.
    refuses: tuple[str, ...] = ()
    # What it says to a letter instead of taking it.
    answer_to_letters: str = ""
    envelopes: list[Envelope] = field(default_factory=list)
    was_encrypted: list[bool] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)

    def letters(self) -> list[EmailMessage]:
        """Return what came, as a mail program reads it."""
        found = []
        for envelope in self.envelopes:
            assert isinstance(envelope.content, bytes)
            letter = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(letter, EmailMessage)
            found.append(letter)
        return found

    def only(self) -> EmailMessage:
        """Return the one letter that came."""
        (letter,) = self.letters()
        return letter

    async def handle_RCPT(  # noqa: N802 - aiosmtpd looks for this name.
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient or refuse it."""
        if address in self.refuses:
            return f"550 5.1.1 <{address}> is nobody here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd looks for this name.
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Take a letter."""
        if self.answer_to_letters:
            return self.answer_to_letters
        self.envelopes.append(envelope)
        self.was_encrypted.append(session.ssl is not None)
        return "250 OK"

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        """Let in whoever knows the password."""
        assert isinstance(data, LoginPassword)
        self.logins.append(data.login.decode())
        known = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=known, handled=False)


class _Controller(Controller):
    """Leaves no connection behind: a goodbye may still be under way when a test ends."""

    def __init__(self, *args: Any, **other: Any) -> None:
        self._talks: list[SMTP] = []
        super().__init__(*args, **other)

    def factory(self) -> SMTP:
        """Return the one who talks with the next caller."""
        with warnings.catch_warnings():
            # It warns of passwords in the clear, which some of these tests are about.
            warnings.filterwarnings("ignore", message="Requiring AUTH while not requiring TLS")
            self._talks.append(super().factory())  # type: ignore[no-untyped-call]  # As aiosmtpd left it.
        return self._talks[-1]

    async def hang_up(self) -> None:
        """End every conversation that is not over, the connections below encrypted ones, and those just made."""
        for talk in self._talks:
            # One that is over already has let go of its encryption, which early releases of Python 3.11 trip over.
            if isinstance(talk.transport, asyncio.WriteTransport):
                with suppress(AttributeError):
                    talk.transport.abort()
        # A conversation doesn't tell of the socket below its encryption, nor of a caller whom nobody greeted yet.
        sockets: dict[int, asyncio.WriteTransport] = getattr(asyncio.get_running_loop(), "_transports")  # noqa: B009 - asyncio's types don't tell of it.
        for transport in [*sockets.values()]:
            transport.abort()
        # What was ended is let go of in the loop's next rounds.
        for _ in range(5):
            await asyncio.sleep(0)


@contextmanager
def mail_server(
    *,
    starttls: ssl.SSLContext | None = None,
    tls: ssl.SSLContext | None = None,
    login: bool = False,
    refuses: tuple[str, ...] = (),
    answer_to_letters: str = "",
) -> Iterator[Mailbox]:
    """Run a mail server on a free loopback port."""
    mailbox = Mailbox(free_port(), refuses, answer_to_letters)
    controller = _Controller(
        mailbox,
        hostname=HERE,
        port=mailbox.port,
        # A busy machine may take longer than its five seconds.
        ready_timeout=60,
        # Else it asks the network.
        server_hostname="mail.example",
        ssl_context=tls,
        tls_context=starttls,
        require_starttls=starttls is not None,
        auth_required=login,
        # Behind TLS from the first byte it doesn't know that it is.
        auth_require_tls=starttls is not None,
        authenticator=mailbox.authenticate,
    )
    controller.start()
    try:
        yield mailbox
    finally:
        asyncio.run_coroutine_threadsafe(controller.hang_up(), controller.loop).result(timeout=30)
        controller.stop()


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate of our own making, for the server, and what makes a client trust it."""

    file: Path

    def server_context(self) -> ssl.SSLContext:
        """Return what the server shows."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file)
        return context

    def client_context(self) -> ssl.SSLContext:
        """Return what trusts this certificate and no other."""
        return ssl.create_default_context(cafile=str(self.file))


def make_certificate(folder: Path, host: str = HERE) -> Certificate:
    """Make a certificate for a host, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test's mail server")])
    who = x509.IPAddress(ip_address(host)) if host == HERE else x509.DNSName(host)
    # Far around today: tests move the clock.
    today = datetime.now(UTC)  # noqa: TID251 - the system's TLS looks at the system's clock.
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=3650))
        .not_valid_after(today + timedelta(days=3650))
        .add_extension(x509.SubjectAlternativeName([who]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{host}.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return Certificate(file)


class BadServer:
    """A server that answers as many commands as it is told to, and then hangs: silently, or byte by byte."""

    ANSWERS = (
        b"220 here\r\n",
        b"250 hello\r\n",
        b"250 sender\r\n",
        b"250 recipient\r\n",
        b"354 go on\r\n",
        b"250 taken\r\n",
    )

    def __init__(self, answered: int, *, drips: bool) -> None:
        self._answered = answered
        self._drips = drips
        self._over = threading.Event()
        self._socket = socket.create_server((HERE, 0))
        self.port: int = self._socket.getsockname()[1]
        self.heard = bytearray()
        self._caller: socket.socket | None = None
        # Set when somebody called, and when they have hung up.
        self.called = threading.Event()
        self.left_alone = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> "BadServer":
        self._thread.start()
        return self

    def __exit__(self, *_about: object) -> None:
        self._over.set()
        # Closing alone doesn't wake whoever waits for a caller.
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        if self._caller is not None:
            # Who still hangs is let go.
            with suppress(OSError):
                self._caller.shutdown(socket.SHUT_RDWR)
        self._thread.join(timeout=30)

    def _serve(self) -> None:
        with suppress(OSError):
            self._caller, _address = self._socket.accept()
            with self._caller as caller:
                self.called.set()
                self._talk(caller)
        self.left_alone.set()

    def _talk(self, caller: socket.socket) -> None:
        for number in range(self._answered):
            caller.sendall(self.ANSWERS[number])
            end = b"\r\n.\r\n" if number == 4 else b"\r\n"
            said = bytearray()
            while not said.endswith(end):
                more = caller.recv(1000)
                if not more:
                    return
                said += more
                self.heard += more
        while self._drips and not self._over.wait(0.05):
            caller.sendall(b"2")
        # Until they go.
        while caller.recv(1000):
            pass


def sends_to(port: int, security: Security = Security.NONE, **other: Any) -> MailServer:
    """Return the forum's side of a server on this machine, with a minute where the test gives no other."""
    return MailServer(
        **{"host": HERE, "port": port, "security": security, "deadline": timedelta(seconds=60), **other}
    )
