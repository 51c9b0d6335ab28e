"""How bytes reach a provider: one total deadline, a bounded answer, no redirect, configured hosts alone.

Every conversation runs in a thread of its own while its caller waits and watches the clock. That is the
only way to bound a conversation as a whole: timeouts of single socket calls start again with every byte,
and looking up a name can't be interrupted at all. When time is up the caller leaves and cuts the sockets,
which ends the thread; its slot is free again only once it really has ended, so that stuck threads can't
pile up.

What is said over the wire is not known here; see ``openid`` and ``facebook``.
"""

import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from contextvars import ContextVar
from io import BytesIO
from typing import Any, TypeVar
from urllib.parse import urlsplit

from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter
from requests.exceptions import RequestException
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from config import is_loopback
from forum.accounts.providers.outcomes import ProviderRefused, ProviderUnavailable, Reason

# The whole conversation, however many requests it takes. A little under five seconds, so that the page
# which says so is out within five.
DEADLINE_SECONDS = 4.5
MARGIN_SECONDS = 0.5
MAX_BODY_BYTES = 256 * 1024

_Answer = TypeVar("_Answer")

# These libraries print addresses (with a token in the query) and PKCE verifiers when DEBUG logging is on. A
# filter holds even where someone turns the level down.
for _talkative in (
    "urllib3.connectionpool",
    "authlib.integrations.base_client.sync_app",
    "authlib.integrations.base_client.async_app",
):
    logging.getLogger(_talkative).addFilter(lambda record: record.levelno > logging.DEBUG)


def place(address: str) -> str:
    """Return an address's ``host:port``.

    Raises ProviderRefused for anything but https (plain http is for this machine alone) and for an address
    that carries a user name or can't be read.
    """
    try:
        parts = urlsplit(address)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise ProviderRefused(Reason.ENDPOINT_NOT_ALLOWED) from None
    safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(address))
    if not safe or not parts.hostname or "@" in parts.netloc:
        raise ProviderRefused(Reason.ENDPOINT_NOT_ALLOWED)
    return f"{parts.hostname.lower()}:{port}"


class ProviderCalls:
    """How many conversations with providers may run at once, and how long one may take.

    Make one for the whole process, with a quarter of its threads as the limit, so that a hanging provider
    never takes the forum's other pages with it.
    """

    def __init__(self, limit: int, *, deadline_seconds: float = DEADLINE_SECONDS) -> None:
        self.deadline_seconds = deadline_seconds
        self._slots = threading.BoundedSemaphore(limit)

    def run(self, places: frozenset[str], conversation: Callable[["Conversation"], _Answer]) -> _Answer:
        """Hold a conversation with these places (``host:port``) and return what it gives.

        Raises ProviderUnavailable at once when too many are under way, and when the deadline passes;
        otherwise whatever the conversation raises.
        """
        if not self._slots.acquire(blocking=False):
            raise ProviderUnavailable(Reason.TOO_MANY_CALLS)
        talk = Conversation(places, self.deadline_seconds)
        outcome: Future[_Answer] = Future()

        def hold() -> None:
            _current.set(talk)
            try:
                answer = conversation(talk)
            except BaseException as error:  # Nothing is swallowed: the waiting caller raises it.
                self._end(talk)
                outcome.set_exception(error)
            else:
                self._end(talk)
                outcome.set_result(answer)

        try:
            threading.Thread(target=hold, name="provider-call", daemon=True).start()
        except RuntimeError:  # The machine has no thread left to give.
            self._end(talk)
            raise ProviderUnavailable(Reason.TOO_MANY_CALLS) from None
        try:
            return outcome.result(timeout=self.deadline_seconds)
        except TimeoutError:
            talk.cut()
            raise ProviderUnavailable(Reason.TOOK_TOO_LONG) from None

    def _end(self, talk: "Conversation") -> None:
        talk.close()
        self._slots.release()


class Conversation:
    """One conversation under its deadline: one thread holds it, and the one that waits may cut it short."""

    def __init__(self, places: frozenset[str], seconds: float) -> None:
        self._places = places
        self._ends = time.monotonic() + seconds
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._is_cut = False

    def seconds_left(self) -> float:
        """Return the time left. Raises ProviderUnavailable when there is none."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise ProviderUnavailable(Reason.TOOK_TOO_LONG)
        return left

    def require_place(self, address: str) -> None:
        """Raise ProviderRefused unless this conversation may contact the address."""
        if place(address) not in self._places:
            raise ProviderRefused(Reason.ENDPOINT_NOT_ALLOWED)

    def prepared(self, session: Session) -> None:
        """Make a session keep to this conversation's rules; also for sessions that Authlib makes."""
        # No proxy and no .netrc from the environment: neither is a configured provider.
        session.trust_env = False
        session.headers["User-Agent"] = "Alongside"
        # A packed answer could be far larger than it looks.
        session.headers["Accept-Encoding"] = "identity"
        adapter = _Adapter(self)
        session.mount("https://", adapter)
        session.mount("http://", adapter)

    def get_json(
        self, address: str, parameters: Mapping[str, str] | None = None, bearer: str | None = None
    ) -> tuple[int, dict[str, object]]:
        """Fetch a JSON object and return it with its status, which is below 500.

        Raises ProviderUnavailable for anything that isn't a JSON object, for redirects, 429 and 5xx.
        """
        headers = {"Accept": "application/json"}
        if bearer is not None:
            headers["Authorization"] = f"Bearer {bearer}"
        with Session() as session:
            self.prepared(session)
            try:
                answer = session.get(address, params=parameters, headers=headers, allow_redirects=False)
                body = answer.content
            except (RequestException, HTTPError, OSError):
                raise ProviderUnavailable(Reason.UNREACHABLE) from None
        if answer.status_code >= 500 or answer.status_code == 429:
            raise ProviderUnavailable(Reason.SERVER_ERROR)
        return answer.status_code, json_object(body)

    def watch(self, connection: socket.socket) -> None:
        """Remember a socket, so that it can be cut."""
        # TLS takes the socket object over and leaves an empty one behind; a duplicate reaches the same
        # connection.
        handle = connection.dup()
        with self._lock:
            self._sockets.append(handle)
            if self._is_cut:
                _shut(handle)

    def cut(self) -> None:
        """End the conversation from outside: whoever reads from its sockets stops at once."""
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


def json_object(body: bytes) -> dict[str, object]:
    """Return the JSON object that a body holds. Raises ProviderUnavailable when it holds anything else."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise ProviderUnavailable(Reason.NOT_JSON) from None
    if not isinstance(value, dict):
        raise ProviderUnavailable(Reason.NOT_JSON)
    return value


# The conversation that the current thread holds: urllib3 makes connections deep inside, out of our reach.
_current: ContextVar[Conversation] = ContextVar("provider_conversation")


def _shut(handle: socket.socket) -> None:
    # The other side may have closed it already, which is just as well.
    with suppress(OSError):
        handle.shutdown(socket.SHUT_RDWR)


class _PlainConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        made = super()._new_conn()
        _current.get().watch(made)
        return made


class _TlsConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        made = super()._new_conn()
        _current.get().watch(made)
        return made


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class _Adapter(HTTPAdapter):
    """Send a request by the conversation's rules, and hand back an answer that is already read in full."""

    def __init__(self, talk: Conversation) -> None:
        self._talk = talk
        super().__init__(pool_connections=4, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        self._talk.require_place(str(request.url))
        # Whatever the session asked for, these are the terms. Whoever waits cuts the sockets at the deadline; the
        # timeout is for a connection that is still being made then, which has none yet.
        timeout = self._talk.seconds_left() + MARGIN_SECONDS
        answer = super().send(request, stream=True, timeout=timeout, verify=True)
        try:
            if 300 <= answer.status_code < 400:
                raise ProviderUnavailable(Reason.REDIRECTED)
            if answer.headers.get("Content-Encoding", "identity") != "identity":
                raise ProviderUnavailable(Reason.NOT_JSON)
            body = answer.raw.read(MAX_BODY_BYTES + 1, decode_content=False)
            if len(body) > MAX_BODY_BYTES:
                raise ProviderUnavailable(Reason.TOO_LARGE)
        finally:
            answer.raw.close()
        answer.raw = BytesIO(body)
        return answer
