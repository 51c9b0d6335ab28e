"""The forum over real HTTP, with the stand-in as its providers, and a browser without JavaScript to walk through it.

The browser fills in the forms that are on the page, hidden fields and all, as a person would; a test that forges
something says so by changing what is sent.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlencode, urljoin

import pytest
import requests
import structlog
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from config import Settings
from forum.app import create_app
from forum.database.session import Database
from forum.web import logs
from tests.accounts.relay import Relay
from tests.accounts.stand_in import StandIn, StandInClient
from tests.cast import publish_policies
from tests.conftest import database_of, settings_for
from tests.row_counts import row_counts

NEEDED = ("membership", "health_data")
_VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})


@dataclass(frozen=True, slots=True)
class Forum:
    """A running forum, and the client that it is at the stand-in."""

    app: Flask
    base_url: str
    settings: Settings
    provider: StandInClient

    @property
    def database(self) -> Database:
        """Return the forum's database."""
        return database_of(self.app)

    def counts(self) -> dict[str, int]:
        """Return how many rows each table has."""
        return row_counts(self.database)


@dataclass(slots=True)
class FoundForm:
    """A form of a page, and what a browser would send with it."""

    action: str
    values: dict[str, str] = field(default_factory=dict)
    boxes: dict[str, bool] = field(default_factory=dict)


class Page(HTMLParser):
    """What a browser makes of a page: its forms, and its words by element."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[FoundForm] = []
        self.elements: list[tuple[str, dict[str, str], list[str]]] = []
        self._open: list[tuple[str, dict[str, str], list[str]]] = []
        self._form: FoundForm | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember the element, and what it adds to its form."""
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = FoundForm(given.get("action", ""))
            self.forms.append(self._form)
        if tag == "input" and self._form is not None and "disabled" not in given:
            if given.get("type") == "checkbox":
                self._form.boxes[given["name"]] = "checked" in given
                if "checked" in given:
                    self._form.values[given["name"]] = given.get("value", "on")
            else:
                self._form.values[given["name"]] = given.get("value", "")
        element: tuple[str, dict[str, str], list[str]] = (tag, given, [])
        self.elements.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Do the same for an element that closes itself."""
        self.handle_starttag(tag, attrs)
        if self._open and self._open[-1] is self.elements[-1]:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        """Close the element and what was left open inside it."""
        if tag == "form":
            self._form = None
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        """Add the words to every element they stand in, but not those of an error to what it is about."""
        for index, (_tag, given, words) in enumerate(self._open):
            inner = self._open[index + 1 :]
            if "error" in given.get("class", "").split() or not any(
                "error" in one[1].get("class", "").split() for one in inner
            ):
                words.append(data)

    def form(self, action: str) -> FoundForm:
        """Return the form that goes to this address."""
        found = [form for form in self.forms if form.action == action]
        assert found, f"No form goes to {action}: {[form.action for form in self.forms]}"
        return found[0]

    def words(self, **attributes: str) -> str:
        """Return the words of the first element with these attributes, white space collapsed."""
        wanted = {name.replace("_", "-"): value for name, value in attributes.items()}
        for _tag, given, words in self.elements:
            if wanted.items() <= given.items():
                return " ".join("".join(words).split())
        raise AssertionError(f"Nothing on the page has {wanted}.")

    def buttons(self) -> dict[str, dict[str, str]]:
        """Return the attributes of every button, by its words."""
        return {
            " ".join("".join(words).split()): given for tag, given, words in self.elements if tag == "button"
        }

    def links(self) -> dict[str, str]:
        """Return where every link leads, by its words."""
        return {
            " ".join("".join(words).split()): given.get("href", "")
            for tag, given, words in self.elements
            if tag == "a"
        }


class Browser:
    """Somebody's browser. It follows no redirect by itself, so that a test sees each answer."""

    def __init__(self, forum: Forum, headers: dict[str, str] | None = None) -> None:
        self.forum = forum
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.headers.update({"Accept": "text/html", **(headers or {})})

    def get(self, address: str) -> requests.Response:
        """Open an address of the forum."""
        return self.http.get(urljoin(self.forum.base_url, address), allow_redirects=False, timeout=20)

    def post(self, address: str, data: dict[str, str] | list[tuple[str, str]]) -> requests.Response:
        """Send a form that no page showed."""
        return self.http.post(
            urljoin(self.forum.base_url, address), data=data, allow_redirects=False, timeout=20
        )

    def submit(
        self, page: requests.Response, action: str, changes: dict[str, str | None] | None = None
    ) -> requests.Response:
        """Send a form that is on a page; a change to None leaves the field out."""
        sent: dict[str, str | None] = {**Page(page.text).form(action).values, **(changes or {})}
        return self.post(action, {name: value for name, value in sent.items() if value is not None})

    def set_out(self, provider: str = "google", next: str = "/") -> str:
        """Press the provider's button on the log-in page, and return the address at the provider."""
        page = self.get("/log-in?" + urlencode({"next": next}))
        assert page.status_code == 200, page.text
        answer = self.submit(page, f"/auth/{provider}/start")
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def return_address(self, provider: str = "google", persona: str = "robin", next: str = "/") -> str:
        """Set out, pick a persona, and return the address to which the provider sends one back."""
        return self.forum.provider.choose(self.set_out(provider, next), persona)

    def sign_in(
        self,
        provider: str = "google",
        persona: str = "robin",
        next: str = "/",
    ) -> requests.Response:
        """Go to the provider and back, and return what the callback answers."""
        return self.get(self.return_address(provider, persona, next))

    def at_consent(
        self,
        provider: str = "google",
        persona: str = "robin",
        next: str = "/",
    ) -> requests.Response:
        """Come to the consent step as somebody unknown, and return its page."""
        answer = self.sign_in(provider, persona, next)
        assert answer.status_code == 303, answer.text
        assert answer.headers["Location"] == "/join/consent"
        return self.get("/join/consent")

    def join(
        self,
        name: str,
        provider: str = "google",
        persona: str = "robin",
        *,
        agree: tuple[str, ...] = NEEDED,
        next: str = "/",
    ) -> requests.Response:
        """Become a member, and return what the consent step answers."""
        return self.agree(self.at_consent(provider, persona, next), name, agree=agree)

    def agree(
        self,
        page: requests.Response,
        name: str,
        *,
        agree: tuple[str, ...] = NEEDED,
        birth_year: str = "1970",
        changes: dict[str, str | None] | None = None,
    ) -> requests.Response:
        """Fill in the consent step and send it."""
        boxes = {f"agree_{purpose}": "yes" for purpose in agree}
        return self.submit(
            page, "/join/consent", {"name": name, "birth_year": birth_year, **boxes, **(changes or {})}
        )

    def name(self) -> str | None:
        """Return the name under which this browser is signed in, as the header shows it; None for a visitor."""
        page = self.get("/policies/terms")
        assert page.status_code == 200, page.text
        found = [words for tag, _given, words in Page(page.text).elements if tag == "summary"]
        return " ".join("".join(found[0]).split()) if found else None


class _Quiet(WSGIRequestHandler):
    """A server that writes no access log: what tests search is what the forum writes."""

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - the overridden method's word.
        """Write nothing."""


@contextmanager
def served(
    settings: Settings,
    stand_in: StandIn,
    *,
    policies: bool = True,
    relay: Relay | None = None,
    host: str = "127.0.0.1",
) -> Iterator[Forum]:
    """Serve a forum with these settings on a free loopback port, with a client of its own at the stand-in.

    As ``host`` "localhost" it has passkeys, which no browser makes for an address of numbers.
    """
    server = make_server("127.0.0.1", 0, lambda _environ, _start: [], threaded=True, request_handler=_Quiet)
    base_url = f"http://{host}:{server.server_port}"
    client = stand_in.register(
        [f"{base_url}/auth/{provider}/callback" for provider in ("google", "facebook")],
        deauthorize_url=f"{base_url}/auth/facebook/deauthorize",
        deletion_url=f"{base_url}/auth/facebook/deletion",
        events_url=f"{base_url}/auth/google/events",
    )
    led = relay.settings if relay else lambda own: own
    settings = replace(
        settings,
        base_url=base_url,
        passkeys=host == "localhost",
        # A quarter of them may wait for a provider at once.
        threads=16,
        trusted_hosts=(base_url.removeprefix("http://"),),
        google=led(client.google) if settings.google else None,
        facebook=led(client.facebook) if settings.facebook else None,
    )
    app = create_app(settings)
    if policies:
        publish_policies(database_of(app))
    server.app = app
    # How often it looks whether it should end, in seconds.
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield Forum(app, base_url, settings, client)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        database_of(app).dispose()


class Log:
    """Everything that the forum and the libraries under it log from now on, into a file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._open = file.open("w+")
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(self._open))
        self._handler = logging.StreamHandler(self._open)
        logging.getLogger().addHandler(self._handler)

    def text(self) -> str:
        """Return what was logged so far."""
        self._open.flush()
        return self._file.read_text()

    def close(self) -> None:
        """Let the forum log as it does otherwise."""
        logging.getLogger().removeHandler(self._handler)
        self._open.close()
        logs.configure()


@pytest.fixture
def log(forum: Forum, tmp_path: Path) -> Iterator[Log]:
    """Return the log of the running forum."""
    opened = Log(tmp_path / "forum.log")
    yield opened
    opened.close()


@pytest.fixture
def forum(database_url: str, tmp_path: Path, stand_in: StandIn) -> Iterator[Forum]:
    """Return a forum that is open for sign-up."""
    with served(settings_for(database_url, tmp_path), stand_in) as running:
        yield running
