"""Facebook passes on that somebody wants to be deleted: what becomes of it, and the page on which they see it."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import select

from forum import clock
from forum.accounts.leaving import GRACE
from forum.accounts.models import AccountEvent, DeletionRequest
from forum.accounts.tokens import hash_of
from forum.demo.stand_in.personas import PERSONAS
from forum.schedule import SCHEDULE
from tests.accounts.facebook_calls import (
    DEAUTHORIZE,
    DELETION,
    ROBIN,
    alike,
    call,
    signed,
    signed_in_as,
    told,
)
from tests.accounts.stand_in import StandIn
from tests.conftest import settings_for
from tests.daily import do_daily_job
from tests.front_door import Browser, Forum, Log, Page, served
from tests.threads import together


@pytest.mark.proves("A33")
def test_a_wish_to_be_deleted_begins_leaving_and_can_be_followed(forum: Forum, log: Log) -> None:
    browser = Browser(forum)
    browser.join("quiet-river", "facebook")
    answer = call(forum, DELETION, signed(forum))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(answer.json()) == {"url", "confirmation_code"}
    code, url = answer.json()["confirmation_code"], answer.json()["url"]
    assert re.fullmatch(r"[0-9a-z]{26}", code)
    assert url == f"{forum.base_url}{DELETION}/{code}"
    assert browser.name() is None
    assert told(forum) == [(AccountEvent.LEAVING_BEGUN, "facebook")]
    with forum.database.reading() as session:
        (kept,) = session.scalars(select(DeletionRequest.code_hash))
    assert kept == hash_of(code)
    page = Browser(forum).get(url)
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    assert 'content="noindex"' in page.text
    assert "being deleted" in page.text
    assert Page(page.text).links()["Log in and keep my account"] == "/log-in"
    assert "quiet-river" not in page.text
    for secret in (code, ROBIN):
        assert secret not in log.text()


@pytest.mark.proves("A33")
def test_when_it_is_too_late_nobody_is_told_to_log_in(forum: Forum) -> None:
    Browser(forum).join("quiet-river", "facebook")
    url = call(forum, DELETION, signed(forum)).json()["url"]
    with time_machine.travel(clock.now() + GRACE + timedelta(minutes=1), tick=True):
        page = Browser(forum).get(url)
    assert "being deleted" in page.text
    assert "are over" in page.text
    assert "Log in and keep my account" not in Page(page.text).links()


@pytest.mark.proves("A33")
@pytest.mark.parametrize("persona", ["robin", "sam"])
def test_the_page_says_for_how_long_backups_are_really_kept(
    database_url: str, tmp_path: Path, stand_in: StandIn, persona: str
) -> None:
    with served(replace(settings_for(database_url, tmp_path), backup_days=12), stand_in) as forum:
        Browser(forum).join("quiet-river", "facebook")
        url = call(forum, DELETION, signed(forum, PERSONAS[persona].facebook_subject)).json()["url"]
        assert "overwritten within 12 days" in Browser(forum).get(url).text


@pytest.mark.proves("A33")
def test_somebody_unknown_gets_the_same_answer(forum: Forum) -> None:
    Browser(forum).join("quiet-river", "facebook")
    unknown = call(forum, DELETION, signed(forum, PERSONAS["sam"].facebook_subject))
    known = call(forum, DELETION, signed(forum))
    assert alike(unknown) == alike(known)
    assert unknown.json()["confirmation_code"] != known.json()["confirmation_code"]
    page = Browser(forum).get(unknown.json()["url"])
    assert page.status_code == 200
    assert "Nothing of yours is kept here" in page.text
    with forum.database.reading() as session:
        assert session.scalars(select(DeletionRequest.member_id).order_by(DeletionRequest.id)).first() is None
    assert told(forum) == [(AccountEvent.LEAVING_BEGUN, "facebook")]


@pytest.mark.proves("A33")
@pytest.mark.proves("D9")
def test_whoever_comes_back_stays_and_the_page_says_so(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river", "facebook")
    url = call(forum, DELETION, signed(forum)).json()["url"]
    browser.sign_in("facebook")
    assert signed_in_as(browser) == "quiet-river"
    assert "You came back, so nothing was deleted" in browser.get(url).text
    assert forum.counts()["leaving"] == 0


@pytest.mark.proves("D12")
def test_whoever_returns_after_they_were_erased_is_new(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river", "facebook")
    url = call(forum, DELETION, signed(forum)).json()["url"]
    do_daily_job(forum.database, "moderation.erase_left", GRACE + timedelta(minutes=1))
    assert forum.counts()["member"] == 0
    assert "Nothing of yours is kept here" in browser.get(url).text
    # They are asked for their consent as anybody is. Their old name is nobody's for a year.
    browser.join("quiet-river", "facebook")
    assert browser.name() is None
    browser.join("other-river", "facebook")
    assert browser.name() == "other-river"
    assert told(forum) == []


@pytest.mark.proves("A33")
def test_asking_again_gives_another_code_for_the_same(forum: Forum) -> None:
    Browser(forum).join("quiet-river", "facebook")
    first = call(forum, DELETION, signed(forum)).json()
    with time_machine.travel(clock.now() + timedelta(days=3), tick=True):
        again = call(forum, DELETION, signed(forum)).json()
    assert first["confirmation_code"] != again["confirmation_code"]
    days = {
        re.findall(r"By (.*?) at the latest", Browser(forum).get(one["url"]).text)[0]
        for one in (first, again)
    }
    assert len(days) == 1
    assert forum.counts()["leaving"] == 1
    assert told(forum) == [(AccountEvent.LEAVING_BEGUN, "facebook")]


@pytest.mark.proves("A33")
@pytest.mark.proves("D9")
def test_the_same_call_again_takes_nobody_away_who_came_back(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river", "facebook")
    once = signed(forum)
    # The one call is worth nothing as the other.
    assert call(forum, DEAUTHORIZE, once).status_code == 200
    first = call(forum, DELETION, once)
    browser.sign_in("facebook")
    before = forum.counts()
    again = call(forum, DELETION, once)
    many = together(4, lambda _number: call(forum, DELETION, once))
    codes = {answer.json()["confirmation_code"] for answer in (first, again, *many)}
    assert len(codes) == 6
    assert [alike(answer) for answer in (again, *many)] == [alike(first)] * 5
    assert forum.counts() == before | {"deletion_request": before["deletion_request"] + 5}
    assert signed_in_as(browser) == "quiet-river"
    assert forum.counts()["leaving"] == 0
    assert "You came back, so nothing was deleted" in Browser(forum).get(again.json()["url"]).text


@pytest.mark.proves("A33")
def test_the_same_call_many_times_at_once_begins_leaving_once(forum: Forum) -> None:
    Browser(forum).join("quiet-river", "facebook")
    once = signed(forum)
    answers = together(4, lambda _number: call(forum, DELETION, once))
    assert len({answer.json()["confirmation_code"] for answer in answers}) == 4
    assert [alike(answer) for answer in answers] == [alike(answers[0])] * 4
    assert told(forum) == [(AccountEvent.LEAVING_BEGUN, "facebook")]
    for answer in answers:
        assert "being deleted" in Browser(forum).get(answer.json()["url"]).text


@pytest.mark.proves("A33")
def test_a_call_about_somebody_unknown_is_none_about_who_joins_afterwards(forum: Forum) -> None:
    once = signed(forum)
    call(forum, DELETION, once)
    browser = Browser(forum)
    browser.join("quiet-river", "facebook")
    assert call(forum, DELETION, once).status_code == 200
    assert browser.name() == "quiet-river"


@pytest.mark.parametrize(
    ("contact", "words"), [("help@forum.invalid", "write to help@forum.invalid"), ("", 'href="/about"')]
)
def test_whoever_came_back_is_told_whom_to_write_to(
    database_url: str, tmp_path: Path, stand_in: StandIn, contact: str, words: str
) -> None:
    settings = replace(settings_for(database_url, tmp_path), operator_contact=contact)
    with served(settings, stand_in) as forum:
        browser = Browser(forum)
        browser.join("quiet-river", "facebook")
        url = call(forum, DELETION, signed(forum)).json()["url"]
        browser.sign_in("facebook")
        shown = Browser(forum).get(url).text
        assert words in shown.partition("<main")[2].partition("</main>")[0]


@pytest.mark.proves("A33")
def test_a_code_that_nobody_was_given_leads_nowhere(forum: Forum) -> None:
    Browser(forum).join("quiet-river", "facebook")
    code = call(forum, DELETION, signed(forum)).json()["confirmation_code"]
    browser = Browser(forum)
    for wrong in (
        code[:-1],
        f"{code}0",
        code.upper(),
        "0" * 26,
        hash_of(code),
        "%00",
        "%ED%A0%80",
        "x" * 5000,
    ):
        assert browser.get(f"{DELETION}/{wrong}").status_code == 404, wrong


def test_a_page_of_a_request_is_gone_after_ninety_days(forum: Forum) -> None:
    # A part of D15: each table has a time of its own.
    url = call(forum, DELETION, signed(forum)).json()["url"]
    (job,) = (job for job in SCHEDULE if job.name == "accounts.sweep_deletion_requests")
    for days, status in ((89, 200), (91, 404)):
        with time_machine.travel(clock.now() + timedelta(days=days)), forum.database.transaction() as session:
            job.begin(session)
        assert Browser(forum).get(url).status_code == status, days
