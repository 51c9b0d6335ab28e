"""Bodies are read ahead of the application, in few threads at once, so that slow ones keep nobody from reading."""

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import EnvironBuilder, run_wsgi_app

from forum.app import LARGEST_REQUEST
from forum.web import request_bodies
from forum.web.request_bodies import BodiesFirst
from tests.web.test_headers import check

LARGEST = 1000


def at_most(_environ: WSGIEnvironment) -> int:
    """Return how many bytes may come with a request."""
    return LARGEST


def echo(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer with the body, as the application would read it."""
    start_response("200 OK", [("X-Length", environ.get("CONTENT_LENGTH") or "")])
    return [environ["wsgi.input"].read()]


class SlowBody(BytesIO):
    """A body of which nothing comes until somebody lets it."""

    def __init__(self, whole: bytes, go_on: threading.Event, begun: threading.Semaphore) -> None:
        super().__init__(whole)
        self.go_on = go_on
        self.begun = begun

    def read(self, size: int | None = -1, /) -> bytes:
        """Wait, then return what was sent."""
        self.begun.release()
        assert self.go_on.wait(30)
        return super().read(size)


def ask(
    layer: BodiesFirst, body: Any = None, method: str = "POST", **more: Any
) -> tuple[int, str, dict[str, str]]:
    """Send a request, and return status, text and headers of the answer."""
    environ = {**EnvironBuilder(method=method).get_environ(), "wsgi.input": body or BytesIO(), **more}
    chunks, status, headers = run_wsgi_app(layer, environ)
    return int(status[:3]), b"".join(chunks).decode(), dict(headers)


def test_a_whole_body_is_handed_on() -> None:
    layer = BodiesFirst(echo, 4, at_most, LARGEST)
    assert ask(layer, BytesIO(b"hello and more"), CONTENT_LENGTH="5")[:2] == (200, "hello")
    assert ask(layer, BytesIO(b"hello"), CONTENT_LENGTH="")[:2] == (200, "")
    assert ask(layer, BytesIO(b"hello"), CONTENT_LENGTH="five")[:2] == (200, "")
    assert ask(layer, BytesIO(b"x" * LARGEST), CONTENT_LENGTH=str(LARGEST))[1] == "x" * LARGEST


def test_a_chunked_body_is_handed_on_with_its_length() -> None:
    layer = BodiesFirst(echo, 4, at_most, LARGEST)
    chunked: dict[str, Any] = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    status, text, headers = ask(layer, BytesIO(b"hello"), CONTENT_LENGTH="", **chunked)
    assert (status, text, headers["X-Length"]) == (200, "hello", "5")
    # One that is too large is read no further, and its length says so to the application.
    status, _text, headers = ask(layer, BytesIO(b"x" * 5000), CONTENT_LENGTH="", **chunked)
    assert headers["X-Length"] == str(LARGEST + 1)


def test_half_a_body_is_never_handed_on() -> None:
    layer = BodiesFirst(echo, 4, at_most, LARGEST)
    status, text, headers = ask(layer, BytesIO(b"hel"), CONTENT_LENGTH="5")
    assert status == 400
    assert "Not everything arrived" in text
    assert headers["Connection"] == "close"


def test_readers_bodies_are_not_waited_for() -> None:
    never = SlowBody(b"hello", threading.Event(), threading.Semaphore(0))
    for method in ("GET", "HEAD", "OPTIONS"):
        assert ask(BodiesFirst(echo, 4, at_most, LARGEST), never, method, CONTENT_LENGTH="5")[0] == 200
    assert ask(BodiesFirst(echo, 4, at_most, LARGEST), never, CONTENT_LENGTH=str(LARGEST + 1))[1] == ""


@pytest.mark.parametrize("chunked", [False, True])
def test_slow_bodies_hold_half_of_the_threads_and_no_more(
    chunked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_bodies, "TURN_TIMEOUT", 0.01)
    layer = BodiesFirst(echo, 8, at_most, LARGEST)
    go_on, begun = threading.Event(), threading.Semaphore(0)
    kind: dict[str, Any] = (
        {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
        if chunked
        else {"CONTENT_LENGTH": "5"}
    )
    with ThreadPoolExecutor(4) as slow:
        answers = [slow.submit(ask, layer, SlowBody(b"hello", go_on, begun), **kind) for _ in range(4)]
        try:
            for _ in answers:
                assert begun.acquire(timeout=30)
            for _ in range(3):
                status, text, headers = ask(layer, BytesIO(b"hello"), **kind)
                assert status == 503
                assert int(headers["Retry-After"]) > 0
                assert headers["Cache-Control"] == "no-store"
                assert text
            # Without a body there is nothing to wait for.
            assert ask(layer, CONTENT_LENGTH="0")[0] == 200
            assert ask(layer, method="GET")[0] == 200
        finally:
            go_on.set()
        assert [answer.result()[:2] for answer in answers] == [(200, "hello")] * 4
    # Everybody's turn came back.
    assert [ask(layer, BytesIO(b"hello"), **kind)[0] for _ in range(10)] == [200] * 10


def test_nobody_waits_where_nothing_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = BodiesFirst(echo, 2, at_most, LARGEST)
    go_on, begun = threading.Event(), threading.Semaphore(0)
    with ThreadPoolExecutor(1) as slow:
        held = slow.submit(ask, layer, SlowBody(b"hello", go_on, begun), CONTENT_LENGTH="5")
        try:
            assert begun.acquire(timeout=30)
            monkeypatch.setattr(request_bodies, "TURN_TIMEOUT", 0.01)
            assert ask(layer, BytesIO(b"hello"), CONTENT_LENGTH="5")[0] == 503
            # From now on a wait would be for the end of this test.
            monkeypatch.setattr(request_bodies, "TURN_TIMEOUT", 3600.0)
            assert ask(layer, BytesIO(b"hello"), CONTENT_LENGTH="5")[0] == 503
        finally:
            go_on.set()
        assert held.result()[0] == 200
    assert ask(layer, BytesIO(b"hello"), CONTENT_LENGTH="5")[0] == 200


def test_a_large_body_keeps_its_turn_until_it_is_answered() -> None:
    at_work, go_on = threading.Semaphore(0), threading.Event()

    def slow(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        at_work.release()
        assert go_on.wait(30)
        return echo(environ, start_response)

    layer = BodiesFirst(slow, 4, at_most, LARGEST // 2)
    large = b"x" * LARGEST
    with ThreadPoolExecutor(2) as others:
        held = others.submit(ask, layer, BytesIO(large), CONTENT_LENGTH=str(LARGEST))
        try:
            assert at_work.acquire(timeout=30)
            # A quarter of four has a large body; what is no larger than others is taken all the same.
            status, _text, headers = ask(layer, BytesIO(large), CONTENT_LENGTH=str(LARGEST))
            assert (status, int(headers["Retry-After"]) > 0) == (503, True)
            small = others.submit(ask, layer, BytesIO(b"hello"), CONTENT_LENGTH="5")
            assert at_work.acquire(timeout=30)
        finally:
            go_on.set()
        assert (held.result()[0], small.result()[:2]) == (200, (200, "hello"))
    assert ask(layer, BytesIO(large), CONTENT_LENGTH=str(LARGEST))[0] == 200


def test_sixteen_honest_senders_at_once_are_all_heard() -> None:
    layer = BodiesFirst(echo, 16, at_most, LARGEST)
    together = threading.Barrier(16)

    def send(number: int) -> tuple[int, str]:
        body = f"words of {number}".encode()
        together.wait(30)
        return ask(layer, BytesIO(body), CONTENT_LENGTH=str(len(body)))[:2]

    with ThreadPoolExecutor(16) as senders:
        for _ in range(20):
            assert list(senders.map(send, range(16))) == [(200, f"words of {number}") for number in range(16)]


def test_a_turn_comes_back_when_reading_fails() -> None:
    class Broken(BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise ConnectionResetError

    layer = BodiesFirst(echo, 2, at_most, LARGEST)
    for _ in range(3):
        assert ask(layer, Broken(), CONTENT_LENGTH="5")[0] == 400
    assert ask(layer, BytesIO(b"hello"), CONTENT_LENGTH="5")[0] == 200


def test_the_forum_has_the_layer_and_its_headers(app: Flask, client: FlaskClient) -> None:
    answer = client.post(
        "/trial/form", input_stream=BytesIO(b"text=cut"), environ_overrides={"CONTENT_LENGTH": "4000"}
    )
    assert answer.status_code == 400
    assert "Not everything arrived" in answer.text
    check(answer)
    too_long = client.post(
        "/trial/form",
        input_stream=BytesIO(b"text=" + b"x" * LARGEST_REQUEST),
        content_type="application/x-www-form-urlencoded",
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert too_long.status_code == 413
    assert "Make it shorter" in too_long.text
