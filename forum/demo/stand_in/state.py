"""What the stand-in remembers while it runs, in memory alone: clients, codes, tokens, its log, its keys."""

import hmac
import secrets
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TypeVar

from flask import current_app
from joserfc.jwk import RSAKey

from forum.demo.stand_in.faults import Faults
from forum.demo.stand_in.personas import Persona

# As long as a real provider's codes live, about.
CODE_LIVES_SECONDS = 60.0
# Nobody needs the oldest ones, and a long test run must not grow without end.
MOST_REMEMBERED = 5000

_Kept = TypeVar("_Kept")


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """An application that is registered with the stand-in: the same one at both providers."""

    client_id: str
    client_secret: str
    redirect_uris: tuple[str, ...]
    # Where Facebook's signed calls go; None when the application registered no such address.
    deauthorize_url: str | None = None
    deletion_url: str | None = None
    # Where Google's security events go; None when it registered none.
    events_url: str | None = None

    def has_secret(self, secret: str) -> bool:
        """Say whether the secret is this client's."""
        return hmac.compare_digest(secret.encode(), self.client_secret.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    """What an application asked for when it sent someone here."""

    provider: str
    client_id: str
    redirect_uri: str
    state: str | None
    nonce: str | None
    scope: str
    code_challenge: str | None
    # The application wants a log-in that is no older than so many seconds.
    max_age: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a code or an access token stands for."""

    request: AuthorizationRequest
    persona: Persona
    granted_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """A request as the log shows it: names of parameters, never their values."""

    client_id: str | None
    method: str
    path: str
    parameters: tuple[str, ...]
    referer: str | None


@dataclass(slots=True)
class State:
    """Everything of the above. One per process; its methods may be called from any thread."""

    slow_seconds: float
    faults: Faults = field(default_factory=Faults)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "first"}))
    # The key the provider changes to, and one that nobody published.
    new_key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "second"}))
    stray_key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "stray"}))
    log: deque[Logged] = field(default_factory=lambda: deque(maxlen=MOST_REMEMBERED))
    _clients: dict[str, Client] = field(default_factory=dict)
    _waiting: dict[str, AuthorizationRequest] = field(default_factory=dict)
    _codes: dict[str, Grant] = field(default_factory=dict)
    _tokens: dict[str, Grant] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def register(self, client: Client) -> None:
        """Add a client, or replace the one of the same id."""
        with self._lock:
            self._clients[client.client_id] = client

    def client(self, client_id: str) -> Client | None:
        """Return a client, if there is one of this id."""
        with self._lock:
            return self._clients.get(client_id)

    def clients(self) -> list[Client]:
        """Return all clients, the first registered first."""
        with self._lock:
            return list(self._clients.values())

    def keep_request(self, request: AuthorizationRequest) -> str:
        """Keep a request until someone chose a persona; return its handle."""
        with self._lock:
            return _kept(self._waiting, request)

    def take_request(self, handle: str) -> AuthorizationRequest | None:
        """Return a kept request, once."""
        with self._lock:
            return self._waiting.pop(handle, None)

    def new_code(self, request: AuthorizationRequest, persona: Persona) -> str:
        """Make a code that can be traded once within a minute."""
        with self._lock:
            return _kept(self._codes, Grant(request=request, persona=persona, granted_at=time.monotonic()))

    def take_code(self, code: str) -> Grant | None:
        """Return what a code stands for, once, unless it is too old."""
        with self._lock:
            grant = self._codes.pop(code, None)
        if grant is None or time.monotonic() - grant.granted_at > CODE_LIVES_SECONDS:
            return None
        return grant

    def new_token(self, grant: Grant) -> str:
        """Make an access token."""
        with self._lock:
            return _kept(self._tokens, grant)

    def token(self, access_token: str) -> Grant | None:
        """Return what an access token stands for."""
        with self._lock:
            return self._tokens.get(access_token)


def _kept(shelf: dict[str, _Kept], thing: _Kept) -> str:
    """Put a thing on its shelf under a name nobody can guess, and return the name."""
    name = secrets.token_urlsafe(32)
    shelf[name] = thing
    while len(shelf) > MOST_REMEMBERED:
        del shelf[next(iter(shelf))]
    return name


def state() -> State:
    """Return the running stand-in's memory."""
    kept: State = current_app.extensions["stand_in"]
    return kept
