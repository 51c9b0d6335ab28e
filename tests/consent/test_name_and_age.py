"""The consent step at the front door: which names may be taken, and how old one must be."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from forum import clock
from forum.accounts.models import EmailAddress, Identity, Member
from forum.consent.models import ConsentRecord
from tests.accounts.stand_in import StandIn
from tests.conftest import settings_for
from tests.consent.joining import EVERYTHING, ROBIN, assert_knows_nobody
from tests.front_door import Browser, Forum, Log, Page, served
from tests.threads import together

# --- names -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "a", "two words", "admin", "раypal"])
def test_a_name_that_cannot_be_is_explained(forum: Forum, name: str) -> None:
    browser = Browser(forum)
    answer = browser.agree(browser.at_consent(), name, agree=EVERYTHING)
    assert answer.status_code == 422
    assert Page(answer.text).words(id="name-error")
    assert all(Page(answer.text).form("/join/consent").boxes.values())
    assert forum.counts()["member"] == 0


@pytest.mark.parametrize("name", ["Iris", "lris", "IRIS", "1ris"])
def test_a_name_that_looks_like_anothers_is_taken(forum: Forum, name: str) -> None:
    Browser(forum).join("Iris", persona="sam")
    browser = Browser(forum)
    page = browser.at_consent()
    answer = browser.agree(page, name)
    assert answer.status_code == 422
    assert "Choose another one" in Page(answer.text).words(id="name-error")
    assert browser.agree(page, "quiet-river").status_code == 303


def test_of_two_who_want_one_name_at_once_one_gets_it(forum: Forum) -> None:
    browsers = [Browser(forum), Browser(forum)]
    pages = [
        browser.at_consent(persona=persona)
        for browser, persona in zip(browsers, ("robin", "sam"), strict=True)
    ]

    def agree(number: int) -> int:
        return browsers[number].agree(pages[number], ("Iris", "lris")[number]).status_code

    statuses = together(2, agree)
    assert sorted(statuses) == [303, 422]
    assert forum.counts()["member"] == 1


@pytest.mark.parametrize(("provider", "name"), [("google", "robin-o"), ("facebook", "RobinOrdinary")])
def test_a_name_like_the_providers_is_questioned_once_and_never_kept(
    forum: Forum, log: Log, provider: str, name: str
) -> None:
    browser = Browser(forum)
    page = browser.at_consent(provider)
    assert "is_name_confirmed" not in Page(page.text).form("/join/consent").boxes
    asked = browser.agree(page, name)
    assert asked.status_code == 422
    assert forum.counts()["member"] == 0
    assert Page(asked.text).form("/join/consent").boxes["is_name_confirmed"] is False
    # Another name needs no tick; the same one does.
    assert browser.submit(asked, "/join/consent").status_code == 422
    assert browser.submit(asked, "/join/consent", {"is_name_confirmed": "yes"}).status_code == 303
    assert browser.name() == name
    assert ROBIN.name not in log.text()


# --- age -------------------------------------------------------------------------------------------------


@pytest.mark.proves("C15")
def test_somebody_too_young_leaves_nothing_but_a_mark_in_the_browser(forum: Forum, log: Log) -> None:
    before = forum.counts()
    browser = Browser(forum)
    this_year = clock.now().year
    answer = browser.agree(browser.at_consent(), "quiet-river", birth_year=str(this_year - 17), agree=())
    assert answer.status_code == 403
    assert "18 and older" in answer.text
    assert "/help-now" in Page(answer.text).links().values()
    assert {(cookie.name, cookie.value) for cookie in browser.http.cookies} == {("not-old-enough", "1")}
    assert "Max-Age=86400" in answer.headers["Set-Cookie"]
    assert forum.counts() == before
    for address in ("/join", "/join/consent"):
        assert "18 and older" in browser.get(address).text
    # Nor does coming back from the provider lead to the step again.
    back = browser.sign_in()
    assert "18 and older" in browser.get(back.headers["Location"]).text
    assert forum.counts() == before
    assert str(this_year - 17) not in log.text()
    assert_knows_nobody(forum, log)


@pytest.mark.proves("C15")
def test_the_mark_keeps_no_member_out(forum: Forum) -> None:
    Browser(forum).join("quiet-river")
    browser = Browser(forum)
    browser.http.cookies.set("not-old-enough", "1")
    browser.sign_in()
    assert browser.name() == "quiet-river"


@pytest.mark.proves("C15")
def test_in_the_year_of_the_birthday_we_ask_whether_it_was(forum: Forum) -> None:
    browser = Browser(forum)
    year = str(clock.now().year - 18)
    asked = browser.agree(browser.at_consent(), "quiet-river", birth_year=year)
    assert asked.status_code == 422
    assert forum.counts()["member"] == 0
    assert Page(asked.text).form("/join/consent").boxes["is_birthday_over"] is False
    assert browser.submit(asked, "/join/consent", {"is_birthday_over": "yes"}).status_code == 303


@pytest.mark.proves("C15")
def test_the_minimum_age_is_the_operators(database_url: str, tmp_path: Path, stand_in: StandIn) -> None:
    settings = replace(settings_for(database_url, tmp_path), minimum_age=16)
    with served(settings, stand_in) as forum:
        assert "16 and older" in Browser(forum).get("/join").text
        browser = Browser(forum)
        page = browser.at_consent()
        young = str(clock.now().year - 15)
        assert browser.agree(page, "quiet-river", birth_year=young).status_code == 403
        older = Browser(forum)
        answer = older.agree(older.at_consent(), "quiet-river", birth_year=str(clock.now().year - 17))
        assert answer.status_code == 303


@pytest.mark.proves("C15")
@pytest.mark.parametrize("year", ["", "70", "19700", "MCMLXX", "１９７０", "1800", "2999", "-1970", "1970 "])
def test_a_year_that_is_none_is_explained(forum: Forum, year: str) -> None:
    browser = Browser(forum)
    answer = browser.agree(browser.at_consent(), "quiet-river", birth_year=year)
    if year.strip() == "1970":
        assert answer.status_code == 303
        return
    assert answer.status_code == 422
    assert "four digits" in Page(answer.text).words(id="birth_year-error")


@pytest.mark.proves("C15")
def test_no_column_holds_an_age(forum: Forum) -> None:
    Browser(forum).join("quiet-river", agree=EVERYTHING)
    with forum.database.reading() as session:
        for table in (Member, Identity, EmailAddress, ConsentRecord):
            for row in session.scalars(select(table)):
                # As a number of its own: random ids and hashes hold any four digits now and then.
                assert re.search(r"\b1970\b", str(vars(row))) is None
