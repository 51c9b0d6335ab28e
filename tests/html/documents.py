"""Every document that the forum answers with: all pages for all people, forms that were refused, and refusals.

``documents(community)`` opens them all once and gives what came, for whoever looks at the answers: a checker of HTML,
or a browser that is shown them. Which pages there are is said in ``tests/every_page.py``.
"""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from config import Settings
from forum.app import LARGEST_REQUEST, create_app
from tests.conftest import database_of, settings_for
from tests.every_page import Community, every_page, settle
from tests.pages import Element, read_page
from tests.web import trial

# What any address may answer with. Some take an unlucky moment to come by, so views of the tests' own raise them.
REFUSED_WITH = (400, 403, 404, 405, 409, 413, 422, 429, 500, 503)
ANY_PAGE = "/about"
TOO_LONG = "x" * 30_000
SOME_WORDS = "A few words"

# Forms in which nothing can be wrong, whatever is sent, by where they lead to.
NEVER_REFUSED = {
    "/settings/leave/posts": "What isn't theirs to keep it passes over.",
    "/settings/reading": "What it doesn't know it leaves as it was.",
}


@dataclass(frozen=True, slots=True)
class Document:
    """An answer: at which address somebody got it, and how it is called in what tests say and in file names."""

    name: str
    address: str
    who: str
    status: int
    html: str = field(repr=False)
    headers: dict[str, str] = field(repr=False)

    @property
    def file_name(self) -> str:
        """Return a name for a file that holds it or shows it."""
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")[:120]


@contextmanager
def settled(sqlite_template: Path, folder: Path) -> Iterator[Community]:
    """Give a community with something in every part, in a forum of its own."""
    shutil.copyfile(sqlite_template, folder / "forum.sqlite3")
    app = create_app(settings_for(f"sqlite:///{folder / 'forum.sqlite3'}", folder))
    community = settle(app)
    yield community
    database_of(app).dispose()


def documents(community: Community) -> list[Document]:
    """Return every document there is. What was written in the community may have changed after that."""
    pages = [
        _document(
            look.address, look.who, community.client(look.who).get(look.address), f"{look.address} {look.who}"
        )
        for look in every_page(community)
    ]
    return [*pages, *_refusals(community), *_answers_to_forms(community, pages)]


def _document(address: str, who: str, answer: TestResponse, name: str) -> Document:
    assert answer.mimetype == "text/html", (name, answer.status_code, answer.mimetype)
    headers = {key: value for key, value in answer.headers.items() if key.lower() != "content-length"}
    return Document(name, address, who, answer.status_code, answer.text, headers)


# --- refusals --------------------------------------------------------------------------------------------


def _refusals(community: Community) -> Iterator[Document]:
    """Give the error page of each status, for a visitor and for a member."""
    settings: Settings = community.app.extensions["alongside"].settings
    app = create_app(settings)
    trial.register(app)
    # The same people, in a forum that has the tests' views beside its own.
    refusing = replace(community, app=app)
    for who in ("visitor", "member"):
        client = refusing.client(who)
        for status in REFUSED_WITH:
            answer = client.get(f"/trial/abort/{status}")
            assert answer.status_code == status
            yield _document(ANY_PAGE, who, answer, f"error {status} {who}")
    # A form that was sent in vain gives the words back.
    for status, name in (
        (401, "members"),
        (409, "refuse/conflict"),
        (413, "form"),
        (503, "refuse/unavailable"),
    ):
        client = refusing.client("visitor")
        token = client.get("/trial/token").text
        words = TOO_LONG if status != 413 else "x" * (LARGEST_REQUEST + 1)
        answer = client.post(f"/trial/{name}", data={"csrf_token": token, "text": words})
        assert answer.status_code == status
        yield _document(ANY_PAGE, "visitor", answer, f"error {status} with words")
    database_of(app).dispose()


# --- forms -----------------------------------------------------------------------------------------------


def _answers_to_forms(community: Community, pages: list[Document]) -> Iterator[Document]:
    """Send each form once wrong and once to have a look at what it would do, and give what came."""
    seen: set[tuple[str, str]] = set()
    for page in pages:
        for form in read_page(page.html).all("form", method="post"):
            action = form.attributes["action"]
            route = re.sub(r"\d+", "N", action)
            if not _typed_into(form) or route in NEVER_REFUSED:
                continue
            for step in ("preview", "act"):
                if (route, step) not in seen and (step == "act" or _has_preview(form)):
                    seen.add((route, step))
                    yield _sent(community, page, form, step)


def _sent(community: Community, page: Document, form: Element, step: str) -> Document:
    """Return the preview of a form, or what comes of it with too much in it, or with nothing."""
    client = community.client(page.who)
    action = form.attributes["action"]
    # The token belongs to the browser that opened the page, which is another one now.
    token = {"csrf_token": _token(client, page.address)}
    if step == "preview":
        answer = client.post(action, data=_filled_in(form, community) | {"step": step} | token)
        assert answer.status_code == 200, (action, answer.status_code)
        return _document(page.address, page.who, answer, f"preview {action} {page.who}")
    for words in (TOO_LONG, ""):
        answer = client.post(action, data=_hidden(form) | _texts(form, words) | token)
        if answer.status_code == 422:
            return _document(page.address, page.who, answer, f"refused {action} {page.who}")
    raise AssertionError(
        f"Nothing that was sent to {action} was refused: if that is meant, NEVER_REFUSED says so."
    )


def _typed_into(form: Element) -> list[Element]:
    """Return what a person fills in or chooses."""
    inputs = [
        one for one in form.all("input") if one.attributes.get("type", "text") not in ("hidden", "submit")
    ]
    return [*inputs, *form.all("textarea"), *form.all("select")]


def _has_preview(form: Element) -> bool:
    return any(button.attributes.get("value") == "preview" for button in form.all("button", name="step"))


def _token(client: FlaskClient, address: str) -> str:
    """Return the token against forged requests of the page at an address."""
    token = read_page(client.get(address).text).all("input", name="csrf_token")[0]
    return token.attributes["value"]


def _hidden(form: Element) -> dict[str, str]:
    """Return what is sent without anybody's doing, and the last of the buttons that say what to do."""
    hidden = {
        one.attributes["name"]: one.attributes.get("value", "") for one in form.all("input", type="hidden")
    }
    steps = {"step": "act"} if form.all("button", name="step") else {}
    return {**hidden, **steps}


def _texts(form: Element, words: str) -> dict[str, str]:
    """Return the fields for text, all with these words, and nothing chosen."""
    texts = (
        one
        for one in _typed_into(form)
        if one.tag != "select" and one.attributes.get("type", "text") not in ("radio", "checkbox", "file")
    )
    return {one.attributes["name"]: words for one in texts}


def _filled_in(form: Element, community: Community) -> dict[str, str]:
    """Return a form in which the first of all choices was made and something was written."""
    sent = _hidden(form) | _texts(form, SOME_WORDS)
    if "target" in sent:
        sent["target"] = str(community.parts["listening_address"])
    for one in form.all("input", type="radio"):
        if "disabled" not in one.attributes:
            sent.setdefault(one.attributes["name"], one.attributes.get("value", ""))
    for box in form.all("input", type="checkbox"):
        sent.setdefault(box.attributes["name"], box.attributes.get("value", "on"))
    for menu in form.all("select"):
        choices = [one.attributes.get("value", "") for one in menu.all("option")]
        sent.setdefault(menu.attributes["name"], next((choice for choice in choices if choice), ""))
    return sent
