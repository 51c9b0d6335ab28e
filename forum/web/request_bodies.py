"""Request bodies are read ahead of the application, and in few threads at once. What they hold is not known here.

A body takes as long as its sender likes, and the thread that waits for it answers nobody. So at most half of the
threads wait for bodies; whoever only reads always finds one of the others. A large body costs memory besides: at most
a quarter of the threads has one, from its first byte until the application has answered it.
"""

from collections.abc import Callable, Iterable
from io import BytesIO
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from forum.turns import Turns

# How long a request waits until it may have its body read, in seconds.
TURN_TIMEOUT = 1.0
# When somebody who was turned away should come again, in seconds.
RETRY_AFTER = 5

_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})
# Not translated and without a template: these answers come from ahead of the application.
_BUSY = b"Many people are sending at once. Nothing was lost: go back, wait a moment, and send it again.\n"
_CUT_OFF = b"Not everything arrived. Go back and send it again.\n"


class BodiesFirst:
    """WSGI layer that hands the application whole bodies only, each read in one of half as many turns as threads.

    ``largest`` says how many bytes may come with a request, and ``usual`` from when on that is many. A body that is
    larger is not handed on: the application sees its length and refuses it.
    """

    def __init__(
        self, inner: WSGIApplication, threads: int, largest: Callable[[WSGIEnvironment], int], usual: int
    ) -> None:
        self.inner = inner
        self.largest = largest
        self.usual = usual
        self._turns = Turns(max(1, threads // 2))
        self._of_large = Turns(max(1, threads // 4))

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        announced = _announced(environ)
        largest = 0 if announced == 0 else self.largest(environ)
        if announced == 0 or announced > largest:
            environ["wsgi.input"] = BytesIO()
            return self.inner(environ, start_response)
        # One whose length is not known may be large where large ones may come.
        if largest <= self.usual or 0 < announced <= self.usual:
            return self._handed_on(environ, start_response, announced, largest)
        if not self._of_large.take(TURN_TIMEOUT):
            return _refuse(start_response, "503 Service Unavailable", _BUSY, retry=True)
        try:
            return self._handed_on(environ, start_response, announced, largest)
        finally:
            self._of_large.give_back()

    def _handed_on(
        self, environ: WSGIEnvironment, start_response: StartResponse, announced: int, largest: int
    ) -> Iterable[bytes]:
        """Read a body in a turn, and have it answered."""
        if not self._turns.take(TURN_TIMEOUT):
            return _refuse(start_response, "503 Service Unavailable", _BUSY, retry=True)
        try:
            # One byte more than may come tells a chunked body that is too large.
            body = environ["wsgi.input"].read(largest + 1 if announced < 0 else announced)
        except OSError:
            body = b""
            announced = max(announced, 1)
        finally:
            self._turns.give_back()
        if len(body) < announced:
            return _refuse(start_response, "400 Bad Request", _CUT_OFF)
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        environ["CONTENT_LENGTH"] = str(len(body))
        environ["wsgi.input"] = BytesIO(body)
        return self.inner(environ, start_response)


def _announced(environ: WSGIEnvironment) -> int:
    """Return how many bytes are to come: 0 for none, -1 for a body that ends where it ends."""
    if environ["REQUEST_METHOD"] in _WITHOUT_BODY:
        return 0
    length = environ.get("CONTENT_LENGTH") or ""
    if "chunked" not in environ.get("HTTP_TRANSFER_ENCODING", "").lower() and length:
        return int(length) if length.isascii() and length.isdigit() else 0
    # Only where the server ends the stream itself may one read to its end.
    return -1 if environ.get("wsgi.input_terminated") else 0


def _refuse(
    start_response: StartResponse, status: str, sentence: bytes, *, retry: bool = False
) -> Iterable[bytes]:
    headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Language", "en"),
        ("Content-Length", str(len(sentence))),
        ("Cache-Control", "no-store"),
        # What was not read of the body must not be taken for the next request.
        ("Connection", "close"),
    ]
    if retry:
        headers.append(("Retry-After", str(RETRY_AFTER)))
    start_response(status, headers)
    return [sentence]
