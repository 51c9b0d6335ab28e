"""A provider that hangs holds no more than its own requests: everybody else's pages come as if nothing were.

Nothing here measures time. The way to the stand-in is shut, so what waits for it waits until it is opened; how long
pages take meanwhile is what ``make bench`` measures.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from threading import Event

import pytest
import requests
from sqlalchemy import select

from config import Settings
from forum.app import create_app
from forum.community.models.threads import Category
from forum.treatments.models import Treatment
from tests.accounts.gate import Gate
from tests.accounts.stand_in import StandIn, free_port
from tests.conftest import database_of, settings_for
from tests.front_door import Browser, Forum, Page, served
from tests.servers.forum import serving
from tests.site.texts import publish_texts

THREADS = 16
MAY_WAIT = THREADS // 4
SIGN_INS = 50
# Until the gate opens, and then some.
LONG = 120.0
# How long somebody who was refused waits before they press again, in seconds.
AGAIN = 2.0

Way = Callable[[Browser], Callable[[], requests.Response]]


def coming_back(browser: Browser) -> Callable[[], requests.Response]:
    """Go to the provider, and return what bringing back its answer is."""
    address = browser.return_address()
    return lambda: browser.http.get(address, allow_redirects=False, timeout=LONG)


def setting_out(browser: Browser) -> Callable[[], requests.Response]:
    """Open the log-in page, and return what pressing the provider's button is."""
    form = Page(browser.get("/log-in").text).form("/auth/google/start")
    address = browser.forum.base_url + form.action
    return lambda: browser.http.post(address, data=form.values, allow_redirects=False, timeout=LONG)


def pages_of(forum: Forum) -> list[str]:
    """Return what readers open: a page of every kind, and whether the forum can be reached at all."""
    with forum.database.reading() as session:
        treatment = session.scalars(select(Treatment.slug).limit(1)).one()
        category = session.scalars(select(Category.slug).limit(1)).one()
    return [
        "/",
        "/categories",
        f"/categories/{category}",
        f"/treatments/{treatment}",
        "/help-now",
        "/health/ready",
    ]


def open_for_all(forum: Forum, provider: str = "google") -> Browser:
    """Publish the texts, and return the browser of somebody who is signed in."""
    publish_texts(forum.app)
    member = Browser(forum)
    assert member.join("quiet-river", provider).status_code == 303
    return member


def begun(pool: ThreadPoolExecutor, forum: Forum, gate: Gate, way: Way) -> list["Future[requests.Response]"]:
    """Begin fifty sign-ins at a gate that is shut for them, and return what becomes of them."""
    steps = [way(Browser(forum)) for _number in range(SIGN_INS)]
    gate.shut()
    return [pool.submit(step) for step in steps]


def again_and_again(step: Callable[[], requests.Response], enough: Event) -> list[requests.Response]:
    """Press the button until it is enough, and return every answer."""
    answers = [step()]
    while not enough.wait(AGAIN):
        answers.append(step())
    return answers


def assert_readers_are_served(forum: Forum, member: Browser) -> None:
    for reader in (Browser(forum), member):
        for address in pages_of(forum):
            assert reader.get(address).status_code == 200, address
    assert member.name() == "quiet-river"


def assert_refused_kindly(answer: requests.Response) -> None:
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "60"
    assert "Facebook" in answer.text


@pytest.fixture
def gate(stand_in: StandIn) -> Iterator[Gate]:
    """Return the way to the stand-in."""
    made = Gate(stand_in.base_url)
    with made:
        yield made


@pytest.mark.proves("A26")
@pytest.mark.parametrize("way", [coming_back, setting_out])
def test_sign_ins_beyond_a_quarter_of_the_threads_are_refused_at_once(
    database_url: str, tmp_path: Path, stand_in: StandIn, gate: Gate, way: Way
) -> None:
    with served(settings_for(database_url, tmp_path), stand_in, relay=gate) as forum:
        # Nobody is given up here before the gate opens: whoever is answered until then was refused at once.
        forum.app.extensions["provider_calls"].deadline_seconds = LONG
        publish_texts(forum.app)
        with ThreadPoolExecutor(SIGN_INS) as pool:
            answers = begun(pool, forum, gate, way)
            gate.await_held(MAY_WAIT)
            for answer in islice(as_completed(answers, LONG), SIGN_INS - MAY_WAIT):
                assert_refused_kindly(answer.result())
            for address in pages_of(forum):
                assert Browser(forum).get(address).status_code == 200, address
            assert gate.held == gate.most_held == MAY_WAIT
            assert sum(answer.done() for answer in answers) == SIGN_INS - MAY_WAIT
            gate.open()
            statuses = [answer.result().status_code for answer in answers]
        # Those who waited came through, and so does everybody who tries again.
        assert statuses.count(303) == MAY_WAIT
        assert Browser(forum).join("tall-cedar").status_code == 303


@pytest.mark.proves("A26")
def test_whoever_is_signed_in_stays_so(
    database_url: str, tmp_path: Path, stand_in: StandIn, gate: Gate
) -> None:
    with served(settings_for(database_url, tmp_path), stand_in, relay=gate) as forum:
        forum.app.extensions["provider_calls"].deadline_seconds = LONG
        member = open_for_all(forum)
        with ThreadPoolExecutor(SIGN_INS) as pool:
            answers = begun(pool, forum, gate, coming_back)
            gate.await_held(MAY_WAIT)
            assert_readers_are_served(forum, member)
            # Writing needs no provider either.
            left = member.submit(member.get("/settings/sessions"), "/log-out")
            assert left.status_code == 303
            assert gate.held == MAY_WAIT
            gate.open()
            assert {answer.result().status_code for answer in answers} == {303, 503}


@contextmanager
def served_by_granian(settings: Settings, stand_in: StandIn, gate: Gate) -> Iterator[Forum]:
    """Serve the forum as operators do, in a process of its own, with sixteen threads."""
    port = free_port()
    base_url = f"http://127.0.0.1:{port}"
    client = stand_in.register([f"{base_url}/auth/{one}/callback" for one in ("google", "facebook")])
    settings = replace(
        settings,
        base_url=base_url,
        port=port,
        passkeys=False,
        threads=THREADS,
        trusted_hosts=(base_url.removeprefix("http://"),),
        google=gate.settings(client.google),
        facebook=gate.settings(client.facebook),
    )
    with ExitStack() as kept:
        # It serves nothing: it is there to look into the database.
        app = create_app(settings)
        kept.callback(database_of(app).dispose)
        publish_texts(app)
        kept.enter_context(serving(settings, "--no-worker"))
        yield Forum(app, base_url, settings, client)


@pytest.mark.proves("A26")
def test_it_is_so_with_the_real_server(
    database_url: str, tmp_path: Path, stand_in: StandIn, gate: Gate
) -> None:
    with served_by_granian(settings_for(database_url, tmp_path), stand_in, gate) as forum:
        # With Facebook, so that Google is not known here yet, and setting out has to ask it something.
        member = open_for_all(forum, "facebook")
        steps = [setting_out(Browser(forum)) for _number in range(SIGN_INS)]
        enough = Event()
        gate.shut()
        with ThreadPoolExecutor(SIGN_INS) as pool:
            answers = [pool.submit(again_and_again, step, enough) for step in steps]
            try:
                # Here the forum gives up by itself. Others press again then, so that its room is full once more,
                # however slowly they come.
                gate.await_held(MAY_WAIT)
                assert_readers_are_served(forum, member)
            finally:
                enough.set()
            # Nobody came through, and nobody was left without an answer.
            for answer in chain.from_iterable(answer.result() for answer in answers):
                assert_refused_kindly(answer)
            assert gate.most_held == MAY_WAIT
            gate.open()
        assert Browser(forum).join("tall-cedar", persona="toni").status_code == 303
        assert member.name() == "quiet-river"
