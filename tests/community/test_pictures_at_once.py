"""Pictures never stop the forum: a bucket that hangs, a decoder that is taken, and forms that come back as sent."""

import io
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from pytest_httpserver import HTTPServer
from sqlalchemy import delete
from werkzeug import Request, Response
from werkzeug.test import TestResponse

from config import Settings
from forum import clock
from forum.accounts.models import SignInSession
from forum.community.commands import images as commands
from forum.database.session import Database
from forum.images import decoding, store
from tests import cast
from tests.cast import Someone
from tests.community.conftest import start, topic_draft
from tests.community.with_pictures import (
    CAT,
    add,
    begin,
    main_of,
    name_of,
    photo,
    post_files,
    reply_with_picture,
)
from tests.conftest import settings_for
from tests.images.test_store import StandInBucket
from tests.moderation.conftest import make_room
from tests.moderation.leaving import ROOM

# As many as the forum of these tests has; a quarter of them is one.
THREADS = 4
# Less than a bucket may take: what waited for it didn't answer in time.
IN_TIME = 10


class HangingBucket(StandInBucket):
    """One that takes what comes and, once it hangs, gives nothing until it may go on."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()
        self.go_on.set()
        self.begun = threading.Semaphore(0)

    def __call__(self, request: Request) -> Response:
        """Wait, then answer."""
        self.begun.release()
        assert self.go_on.wait(60)
        return super().__call__(request)


@pytest.fixture
def bucket(httpserver: HTTPServer) -> Iterator[HangingBucket]:
    """A bucket that is served on this machine."""
    made = HangingBucket()
    httpserver.expect_request(re.compile("/.*")).respond_with_handler(made)
    yield made
    made.go_on.set()


@pytest.fixture
def settings(database_url: str, tmp_path: Path, httpserver: HTTPServer) -> Settings:
    """A forum whose pictures lie in a bucket."""
    made = settings_for(database_url, tmp_path)
    assert made.threads == THREADS
    return replace(
        made,
        s3_endpoint=httpserver.url_for("").rstrip("/"),
        s3_bucket="pictures-of-ours",
        s3_region="here-1",
        s3_key_id="the-key-id",
        s3_secret="the-secret",
    )


@pytest.fixture
def juniper(app: Flask, database: Database, bucket: HangingBucket) -> Someone:
    """Somebody who writes."""
    make_room(database, ROOM)
    return cast.member(app, "Juniper")


@pytest.fixture
def topic(juniper: Someone) -> int:
    """A public topic of Juniper's."""
    return start(juniper.database, juniper.actor, topic_draft(ROOM))


def alt_in(answer: TestResponse) -> str:
    """What stands in the form for a picture."""
    return main_of(answer).one("input", name="alt").attributes["value"]


def test_a_bucket_that_hangs_holds_a_quarter_of_the_threads(
    app: Flask, juniper: Someone, topic: int, bucket: HangingBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = name_of(juniper.database, post_id=reply_with_picture(juniper, topic))
    draft_id = begin(juniper, f"/topics/{topic}/reply")
    monkeypatch.setattr(store, "TURN_TIMEOUT", 0.05)
    assert bucket.begun.acquire(timeout=IN_TIME), "The first one is stored there."
    bucket.go_on.clear()
    with ThreadPoolExecutor(THREADS) as threads:
        fetches = [threads.submit(app.test_client().get, f"/images/{name}") for _ in range(2 * THREADS)]
        try:
            assert bucket.begun.acquire(timeout=IN_TIME)
            assert threads.submit(app.test_client().get, "/help-now").result(IN_TIME).status_code == 200
            refused = threads.submit(add, juniper, draft_id, photo()).result(IN_TIME)
            assert (refused.status_code, alt_in(refused)) == (503, CAT)
            assert int(refused.headers["Retry-After"]) > 0
        finally:
            bucket.go_on.set()
        answers = [fetch.result() for fetch in fetches]
    assert sorted(answer.status_code for answer in answers) == [200] + [503] * (2 * THREADS - 1)
    assert add(juniper, draft_id, photo()).status_code == 303


def test_nobody_waits_long_for_the_decoder(
    app: Flask, juniper: Someone, topic: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft_id = begin(juniper, f"/topics/{topic}/reply")
    monkeypatch.setattr(decoding, "TURN_TIMEOUT", 0.05)
    assert decoding.TURNS.take(0)
    try:
        with ThreadPoolExecutor(THREADS) as threads:
            sent = [threads.submit(add, juniper, draft_id, photo()) for _ in range(THREADS)]
            assert threads.submit(app.test_client().get, "/help-now").result(IN_TIME).status_code == 200
            answers = [one.result(IN_TIME) for one in sent]
        assert {(answer.status_code, alt_in(answer)) for answer in answers} == {(503, CAT)}
        assert "Many people are sending pictures" in main_of(answers[0]).text
        assert int(answers[0].headers["Retry-After"]) > 0
    finally:
        decoding.TURNS.give_back()
    assert add(juniper, draft_id, photo()).status_code == 303


def test_a_refused_form_keeps_the_words_and_a_day_has_its_limit(
    app: Flask, juniper: Someone, topic: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "MOST_A_DAY", 2)
    reply_with_picture(juniper, topic)
    draft_id = begin(juniper, f"/topics/{topic}/reply")
    assert add(juniper, draft_id, photo(), "Seedlings in a pot").status_code == 303
    refused = add(juniper, draft_id, photo())
    assert (refused.status_code, alt_in(refused)) == (429, CAT)
    assert "2 pictures within a day" in main_of(refused).text
    assert 0 < int(refused.headers["Retry-After"]) <= timedelta(days=1).total_seconds()
    with time_machine.travel(clock.now() + timedelta(days=1, minutes=1)):
        assert add(juniper, draft_id, photo()).status_code == 303
    # The page was open for too long; then nobody is signed in any more, and what is theirs is not shown.
    given = {"csrf_token": "expired", "alt": CAT, "picture": (io.BytesIO(photo()), "cat.jpg")}
    expired = post_files(juniper.client, f"/drafts/{draft_id}/pictures", given)
    assert (expired.status_code, alt_in(expired), "Seedlings" in expired.text) == (400, CAT, True)
    with juniper.database.transaction() as session:
        session.execute(delete(SignInSession))
    given["picture"] = (io.BytesIO(photo()), "cat.jpg")
    lost = post_files(juniper.client, f"/drafts/{draft_id}/pictures", given)
    assert (lost.status_code, alt_in(lost), "Seedlings" in lost.text) == (401, CAT, False)
    assert "You are not logged in any more." in main_of(lost).text
