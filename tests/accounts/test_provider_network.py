"""The network between the forum and a provider: which places are reached, for how long, and how many at once."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from forum import clock
from forum.accounts import providers
from forum.accounts.providers import ProviderCalls, ProviderRefused, ProviderUnavailable, Reason, wire
from forum.accounts.providers.wire import place
from tests.accounts.conversations import BOTH, came_back, signed_in, token_requests
from tests.accounts.gate import Gate
from tests.accounts.stand_in import REDIRECT_URIS, StandInClient

# --- which places ----------------------------------------------------------------------------------------


@pytest.mark.proves("W10")
@pytest.mark.parametrize(
    "address",
    [
        "http://graph.facebook.com/me",
        "ftp://127.0.0.1/me",
        "https://me@graph.facebook.com/me",
        "https:///me",
        "https://graph.facebook.com:port/me",
        "//graph.facebook.com/me",
        "",
    ],
)
def test_endpoints_need_https_except_on_this_machine(
    registered: StandInClient, calls: ProviderCalls, address: str
) -> None:
    attempt, query = came_back(registered, "facebook", calls)
    settings = replace(registered.facebook, profile_url=address or "/me")
    with pytest.raises(ProviderRefused) as refused:
        providers.finish(settings, attempt, query, calls=calls)
    assert refused.value.reason is Reason.ENDPOINT_NOT_ALLOWED
    assert token_requests(registered) == 0


@pytest.mark.proves("W10")
def test_a_conversation_reaches_its_own_places_alone(registered: StandInClient, calls: ProviderCalls) -> None:
    address = str(registered.google.metadata_url)
    for places in (frozenset[str](), frozenset({"127.0.0.1:9", "accounts.google.com:443"})):
        with pytest.raises(ProviderRefused) as refused:
            calls.run(places, lambda talk: talk.get_json(address))
        assert refused.value.reason is Reason.ENDPOINT_NOT_ALLOWED
    assert registered.log() == []
    assert calls.run(frozenset({place(address)}), lambda talk: talk.get_json(address))[0] == 200


def test_places_are_compared_with_their_ports() -> None:
    assert place("https://Accounts.Google.com/x") == place("https://accounts.google.com:443")
    assert place("http://127.0.0.1:8001/x") != place("http://127.0.0.1:8000/x")


def test_a_certificate_nobody_vouches_for_is_not_taken(
    registered: StandInClient, calls: ProviderCalls, tmp_path: Path
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            line, _ = listening.accept()
            with line, suppress(OSError), context.wrap_socket(line, server_side=True) as secured:
                secured.recv(65536)
                secured.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

        thread = threading.Thread(target=serve)
        thread.start()
        address = f"https://127.0.0.1:{listening.getsockname()[1]}/.well-known/openid-configuration"
        with pytest.raises(ProviderUnavailable) as stopped:
            providers.start(
                replace(registered.google, metadata_url=address), REDIRECT_URIS["google"], calls=calls
            )
        thread.join()
    assert stopped.value.reason is Reason.UNREACHABLE


def self_signed(folder: Path) -> Path:
    """Write a key and a certificate for this machine that nobody else signed, and return the file."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(clock.now() - timedelta(days=1))
        .not_valid_after(clock.now() + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    file = folder / "self-signed.pem"
    file.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + certificate.public_bytes(Encoding.PEM)
    )
    return file


# --- time ------------------------------------------------------------------------------------------------

# How long a provider is troublesome here, and by when it has to have been given up on a busy machine, in seconds.
TROUBLE = 30
GIVEN_UP = 10
# Longer than any of it.
LONG = 120.0


@pytest.fixture
def no_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the sockets' own timeouts come too late to be of use: what ends a conversation is its deadline."""
    monkeypatch.setattr(wire, "MARGIN_SECONDS", LONG)


def the_calls_have_ended() -> bool:
    """Wait a little for the threads that hold conversations to end."""
    holding = [thread for thread in threading.enumerate() if thread.name == "provider-call"]
    for thread in holding:
        thread.join(timeout=GIVEN_UP)
    return not any(thread.is_alive() for thread in holding)


@pytest.mark.proves("A26")
def test_a_hanging_provider_is_given_up_within_five_seconds(
    registered: StandInClient, calls: ProviderCalls, no_timeouts: None
) -> None:
    """Nothing comes through the gate, so only the deadline ends it; half a second is left for the page."""
    assert calls.deadline_seconds <= 4.5
    attempt, query = came_back(registered, "google", calls)
    with Gate(registered.base_url) as gate:
        gate.shut()
        settings = gate.settings(registered.google)
        with pytest.raises(ProviderUnavailable) as stopped:
            providers.finish(settings, attempt, query, calls=calls)
        assert gate.most_held == 1
        assert stopped.value.reason is Reason.TOOK_TOO_LONG
        assert the_calls_have_ended()


@pytest.mark.proves("A26")
@pytest.mark.parametrize("provider", BOTH)
@pytest.mark.parametrize("trouble", ["token_hangs", "token_drips", "slow persona"])
def test_no_trick_stretches_the_deadline(
    registered: StandInClient, no_timeouts: None, provider: str, trouble: str
) -> None:
    hasty = ProviderCalls(1, deadline_seconds=0.4)
    if trouble != "slow persona":
        registered.misbehave(**{trouble: TROUBLE})
    attempt, query = came_back(
        registered, provider, ProviderCalls(1), "slow" if trouble == "slow persona" else "robin"
    )
    began = time.monotonic()
    with pytest.raises(ProviderUnavailable) as stopped:
        providers.finish(registered.settings(provider), attempt, query, calls=hasty)
    assert time.monotonic() - began < GIVEN_UP
    assert stopped.value.reason is Reason.TOOK_TOO_LONG
    # The thread was let go, so its room is free again.
    assert the_calls_have_ended()
    hasty.deadline_seconds = LONG
    assert hasty.run(frozenset(), lambda _talk: "room") == "room"


@contextmanager
def raw_server(answer: bytes, pause: float) -> Iterator[str]:
    """Serve one connection: take the request, send the answer byte by byte, then hold the line."""
    finished = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError), listening.accept()[0] as line:
                line.recv(65536)
                for byte in answer:
                    if finished.wait(pause):
                        return
                    line.sendall(bytes([byte]))
                finished.wait(LONG)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/.well-known/openid-configuration"
        finally:
            finished.set()
            # Where the deadline passed before anybody came, it still waits for them.
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.mark.proves("A26")
@pytest.mark.parametrize(
    ("answer", "pause"),
    [
        (b"HTTP/1.1 200 OK\r\nX-Endless: " + b"x" * 1000, TROUBLE / 1000),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{", 0),
        (b"", 0),
    ],
    ids=["headers", "body", "nothing"],
)
def test_headers_that_never_end_are_given_up_too(
    registered: StandInClient, no_timeouts: None, answer: bytes, pause: float
) -> None:
    hasty = ProviderCalls(1, deadline_seconds=0.4)
    with raw_server(answer, pause) as address:
        began = time.monotonic()
        with pytest.raises(ProviderUnavailable) as stopped:
            providers.start(
                replace(registered.google, metadata_url=address), REDIRECT_URIS["google"], calls=hasty
            )
        assert time.monotonic() - began < GIVEN_UP
        assert stopped.value.reason is Reason.TOOK_TOO_LONG
        assert the_calls_have_ended()


# --- odd answers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
        b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n" + b"[" * 20000,
        b"nonsense",
    ],
    ids=["packed", "list", "redirect", "too many requests", "deep", "nonsense"],
)
def test_odd_answers_are_unavailability(
    registered: StandInClient, calls: ProviderCalls, answer: bytes
) -> None:
    with raw_server_at_once(answer) as address, pytest.raises(ProviderUnavailable):
        providers.start(
            replace(registered.google, metadata_url=address), REDIRECT_URIS["google"], calls=calls
        )


@contextmanager
def raw_server_at_once(answer: bytes) -> Iterator[str]:
    """Serve one connection: take the request, send the answer, close."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            line, _ = listening.accept()
            with line:
                line.recv(65536)
                line.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/.well-known/openid-configuration"
        thread.join()


# --- room ------------------------------------------------------------------------------------------------


def test_beyond_the_limit_nobody_waits() -> None:
    calls = ProviderCalls(1, deadline_seconds=LONG)
    begun_talking, may_end = threading.Event(), threading.Event()

    def talk() -> None:
        def conversation(_talk: object) -> None:
            begun_talking.set()
            may_end.wait(LONG)

        calls.run(frozenset(), conversation)

    first = threading.Thread(target=talk)
    first.start()
    try:
        assert begun_talking.wait(LONG)
        began = time.monotonic()
        # So often that even a short wait each time would be seen.
        for _number in range(100):
            with pytest.raises(ProviderUnavailable) as stopped:
                calls.run(frozenset(), lambda _talk: None)
            assert stopped.value.reason is Reason.TOO_MANY_CALLS
        assert time.monotonic() - began < GIVEN_UP
        assert first.is_alive()
    finally:
        may_end.set()
        first.join()
    assert calls.run(frozenset(), lambda _talk: "room") == "room"


def test_failures_give_their_room_back(registered: StandInClient) -> None:
    calls = ProviderCalls(1)
    registered.misbehave(token_500=True)
    for _ in range(3):
        with pytest.raises(ProviderUnavailable) as stopped:
            signed_in(registered, "google", calls)
        assert stopped.value.reason is Reason.SERVER_ERROR
