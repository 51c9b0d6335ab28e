"""The privacy policy lists every cookie with its name and its time; here everybody's way through the forum is walked,
and what was set is compared with that list.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email.utils import parsedate_to_datetime
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from forum import clock
from forum.app import create_app
from forum.site.publishing import publish_shipped
from forum.text.pseudo import MIRRORED
from tests.accounts.stand_in import StandIn, StandInClient
from tests.conftest import database_of, settings_for
from tests.front_door import NEEDED, Page
from tests.pages import read_page

BASE_URL = "https://localhost"
UNITS = {"minutes": timedelta(minutes=1), "hours": timedelta(hours=1), "days": timedelta(days=1)}
# How long each cookie lasts, by name; None is until the browser is closed.
Lifetimes = set[tuple[str, timedelta | None]]


class Walker:
    """A browser on the forum over https, which notes each cookie that it is given."""

    def __init__(self, app: Flask, client: StandInClient) -> None:
        self._client = app.test_client()
        self._provider = client
        self.given: Lifetimes = set()

    def get(self, address: str) -> TestResponse:
        return self._noted(self._client.get(address, base_url=BASE_URL))

    def submit(self, page: TestResponse, action: str, **changes: str) -> TestResponse:
        sent = {**Page(page.text).form(action).values, **changes}
        headers = {"Referer": f"{BASE_URL}/log-in"}
        return self._noted(self._client.post(action, data=sent, base_url=BASE_URL, headers=headers))

    def at_consent(self, persona: str) -> TestResponse:
        away = self.submit(self.get("/log-in"), "/auth/google/start")
        back = urlsplit(self._provider.choose(away.headers["Location"], persona))
        answer = self.get(f"{back.path}?{back.query}")
        assert answer.headers["Location"] == "/join/consent"
        return self.get("/join/consent")

    def agree(self, page: TestResponse, name: str, birth_year: str) -> int:
        boxes = {f"agree_{purpose}": "yes" for purpose in NEEDED}
        return self.submit(page, "/join/consent", name=name, birth_year=birth_year, **boxes).status_code

    def _noted(self, answer: TestResponse) -> TestResponse:
        for line in answer.headers.getlist("Set-Cookie"):
            for name, cookie in SimpleCookie(line).items():
                lasts = _lasts(cookie["max-age"], cookie["expires"])
                if lasts is None or lasts > timedelta(0):
                    self.given.add((name, lasts))
        return answer


def _lasts(max_age: str, expires: str) -> timedelta | None:
    if max_age:
        return timedelta(seconds=int(max_age))
    if not expires:
        return None
    # What is given as a moment was reckoned from one a little earlier.
    return timedelta(minutes=round((parsedate_to_datetime(expires) - clock.now()) / timedelta(minutes=1)))


def _promised(how_long: str) -> timedelta | None:
    """Return what a row of the policy says, by its last words about time."""
    found = re.search(r"(\d+) (minutes|hours|days)$", how_long)
    if found:
        return int(found[1]) * UNITS[found[2]]
    if how_long.endswith("at most a year"):
        return timedelta(days=365)
    assert how_long.endswith("ntil you close the browser"), how_long
    return None


@pytest.fixture
def app(database_url: str, tmp_path: Path, stand_in: StandIn) -> Iterator[tuple[Flask, StandInClient]]:
    """Return a forum that people reach by https, with the shipped texts, and its client at the stand-in."""
    client = stand_in.register([f"{BASE_URL}/auth/google/callback"])
    settings = replace(
        settings_for(database_url, tmp_path, BASE_URL),
        trusted_hosts=("localhost",),
        google=client.google,
        # Else there is no language to choose.
        pseudo_locales=True,
    )
    made = create_app(settings)
    with database_of(made).transaction() as session:
        publish_shipped(session, settings)
    yield made, client
    database_of(made).dispose()


def test_the_policy_lists_exactly_the_cookies_that_are_set(app: tuple[Flask, StandInClient]) -> None:
    joins, reads, too_young = Walker(*app), Walker(*app), Walker(*app)
    assert joins.agree(joins.at_consent("robin"), "quiet-river", "1970") == 303
    assert joins.get("/join/welcome").status_code == 200
    joins.submit(joins.get("/policies/terms"), "/log-out")
    chosen = {"theme": "dim", "size": "larger", "motion": "none", "language": MIRRORED, "notes": "hide"}
    reads.submit(reads.get("/settings/reading"), "/settings/reading", **chosen)
    assert too_young.agree(too_young.at_consent("sam"), "tall-cedar", str(clock.now().year - 5)) == 403
    # Whoever only reads is given none.
    visitor = Walker(*app)
    for address in ("/", "/about", "/help-now", "/categories", "/policies/terms"):
        assert visitor.get(address).status_code == 200
    assert visitor.given == set()

    tables = read_page(visitor.get("/policies/privacy").text).all("table")
    (listed,) = [table for table in tables if [cell.text for cell in table.all("th")][1:2] == ["Name"]]
    rows = [[cell.text for cell in row.all("td")] for row in listed.all("tr")]
    promised = {(name, _promised(row[2])) for row in rows if row for name in row[1].split(", ")}
    assert joins.given | reads.given | too_young.given == promised
