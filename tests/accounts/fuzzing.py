"""What the fuzzed tests share: requests put together by hand, which no client tidies, and odd values for them."""

import io
import json
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote_to_bytes, urlsplit

from flask import Flask
from werkzeug.test import run_wsgi_app

from forum.database.session import Database
from tests.conftest import database_of
from tests.row_counts import row_counts

HOST = "localhost"
ELSEWHERE = (
    "https://elsewhere.example/x",
    "//elsewhere.example",
    "/\\elsewhere.example",
    "javascript:alert(1)",
)
# Texts that broke something somewhere, in some program.
ODD_TEXTS: Sequence[str] = (
    "",
    " ",
    "\0",
    "a\0b",
    "\r\nSet-Cookie: x=1",
    "\r\n\r\n<p>",
    "%00",
    "%",
    "%zz",
    "%252e%252e",
    "../../etc/passwd",
    "{{7*7}}",
    "${jndi:ldap://x}",
    "<script>alert(1)</script>",
    "' OR 1=1 --",
    "\ud800",
    "\udfff\ud800",
    "\U0010ffff",
    "\u202egnp.exe",
    "Ω≈ç√∫",
    "٣",
    "null",
    "true",
    "-1",
    "1e999",
    "NaN",
    "[]",
    "{}",
    "x" * 300,
    "x" * 5000,
    "=" * 50,
    "&" * 50,
    "é" * 300,
    *ELSEWHERE,
)
METHODS = ("HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "get", "UNHEARD-OF")


@dataclass(frozen=True, slots=True)
class Request:
    """One request as a server hands it on."""

    path: str
    query: str = ""
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes


def seeded(name: str) -> random.Random:
    """Return chance that is the same in every run, so that what failed once fails again."""
    return random.Random(name)  # noqa: S311  (It keeps no secret.)


def ask(app: Flask, request: Request) -> Answer:
    """Send a request to the application, layers and all, without a network."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        # WSGI's way to hold bytes in a text (PEP 3333).
        "PATH_INFO": unquote_to_bytes(request.path).decode("latin-1"),
        "QUERY_STRING": request.query,
        "SERVER_NAME": HOST,
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": HOST,
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    if request.body:
        environ["CONTENT_LENGTH"] = str(len(request.body))
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
    parts, status, headers = run_wsgi_app(app.wsgi_app, environ)
    return Answer(int(status.split(" ", 1)[0]), dict(headers), b"".join(parts))


def check(answer: Answer, request: Request, *, is_out: bool = False) -> None:
    """Hold an answer against what must be so whatever was asked: no fault, and no way off this site.

    503 is right only where a provider says that it is out.
    """
    assert answer.status < 500 or (answer.status == 503 and is_out), request
    location = answer.headers.get("Location")
    if location is not None:
        parts = urlsplit(location)
        assert parts.netloc in ("", HOST), (location, request)
        assert parts.scheme in ("", "http"), (location, request)
        assert location.startswith(("/", f"http://{HOST}/")), (location, request)
        assert not location.startswith(("//", "/\\")), (location, request)
    assert "elsewhere.example" not in answer.headers.get("Refresh", "")
    assert b"Traceback" not in answer.body, request


def counts(database: Database, *, but: Iterable[str] = ()) -> dict[str, int]:
    """Return how many rows each table has."""
    return {name: count for name, count in row_counts(database).items() if name not in but}


def counts_of(app: Flask, *, but: Iterable[str] = ()) -> dict[str, int]:
    """Return the same of an application's database."""
    return counts(database_of(app), but=but)


def escaped(rng: random.Random, text: str) -> str:
    """Write a text into a query or a form, in one of the ways in which that is done, rightly or not."""
    raw = text.encode(errors="surrogatepass")
    way = rng.randrange(6)
    if way == 0:
        return "".join(f"%{byte:02x}" for byte in raw)
    if way == 1:
        return quote(quote(raw))
    if way == 2:
        return quote(text.encode("utf-16-le", errors="surrogatepass"))
    if way == 3:
        return quote(raw, safe="/:?@!$'()*+,;=[]").replace("%20", "+")
    return quote(raw)


def query_of(rng: random.Random, pairs: list[tuple[str, str]]) -> str:
    """Return pairs as a query, now and then one that is broken."""
    parts = [
        f"{escaped(rng, name) if rng.random() < 0.1 else name}={escaped(rng, value)}" for name, value in pairs
    ]
    if rng.random() < 0.05:
        parts.append(
            rng.choice(("", "=", "&&&", "state", "%", "%=%", "code=%f", "=x=x", ";", "?", "state=%ff%fe"))
        )
    return ("&" if rng.random() < 0.95 else ";").join(parts)


def mutated(rng: random.Random, text: str) -> str:
    """Return a text with something about it changed; never the same."""
    changed = text
    while changed == text:
        changed = _changed(rng, text)
    return changed


def _changed(rng: random.Random, text: str) -> str:
    at = rng.randrange(len(text) + 1)
    some = rng.choice("ABCxyz019-_+/=.% \0é")
    return rng.choice(
        (
            text[:at] + some + text[at:],
            text[:at] + text[at + 1 :],
            text[:at] + some + text[at + 1 :],
            text[:at],
            text[at:],
            text[at:] + text[:at],
            text + text,
            text.swapcase(),
            text[::-1],
            text + rng.choice(ODD_TEXTS),
            rng.choice(ODD_TEXTS) + text,
            text.replace(".", rng.choice(("", "..", ",", "\n.", ". "))),
            rng.choice(ODD_TEXTS),
        )
    )


def odd_json(rng: random.Random, depth: int = 0) -> Any:
    """Return some value that JSON can hold."""
    makers: tuple[Callable[[], Any], ...] = (
        lambda: None,
        lambda: True,
        lambda: rng.randrange(-(10**6), 10**10),
        lambda: 10 ** rng.randrange(1, 400) * rng.choice((1, -1)),
        lambda: rng.random() * 10 ** rng.randrange(300),
        lambda: float(rng.choice(("nan", "inf", "-inf"))),
        lambda: rng.choice(ODD_TEXTS),
        lambda: [odd_json(rng, depth + 1) for _ in range(rng.randrange(4))],
        lambda: {rng.choice(ODD_TEXTS): odd_json(rng, depth + 1) for _ in range(rng.randrange(4))},
        lambda: _nested(rng),
    )
    return rng.choice(makers if depth < 3 else makers[:7])()


def odd_bytes(rng: random.Random) -> bytes:
    """Return bytes that stand where JSON is expected, and mostly are none."""
    return rng.choice(
        (
            lambda: b"",
            lambda: rng.randbytes(rng.randrange(60)),
            lambda: json.dumps(odd_json(rng)).encode(),
            lambda: b"[" * rng.randrange(1, 2500),
            lambda: b'{"a":' * rng.randrange(1, 400),
            lambda: b"1" * rng.randrange(1, 2500),
            lambda: b"\xef\xbb\xbf{}",
            lambda: json.dumps({"user_id": "1"}).encode("utf-16"),
        )
    )()


def _nested(rng: random.Random) -> Any:
    value: Any = 1
    for _ in range(rng.randrange(1, 300)):
        value = [value]
    return value
