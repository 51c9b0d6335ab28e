"""What a member decided, with receipts: beside each purpose, on a page of its own, and no more often than is needed."""

import pytest
import time_machine
from flask import Flask

from forum import clock
from forum.consent.changing import MOST_GIVEN
from forum.consent.choices_queries import DECISIONS_BESIDE_A_PURPOSE, decisions_page, own_choices
from forum.database.keyset import Window
from forum.database.session import Database
from forum.permissions.actor import Purpose
from forum.text.translate import DEFAULT_LOCALE
from tests import cast
from tests.consent.deciding import AGREE_AGAIN, PRIVACY, form_to, give, opened, records, section, take_back
from tests.pages import Element, read_page
from tests.recorder import recorded


def receipts_in(part: Element) -> list[str]:
    """Return the addresses of the receipts that a list leads to."""
    return [link.attributes["href"] for link in part.all("a") if "/receipts/" in link.attributes["href"]]


def receipts_of(database: Database, who: cast.Someone, *purposes: Purpose) -> list[str]:
    """Return the addresses of somebody's receipts about these purposes, the newest first."""
    numbers = [one.sequence for one, _words in records(database, who) if one.purpose in purposes]
    return [f"{PRIVACY}/receipts/{number}" for number in reversed(numbers)]


def test_each_purpose_has_its_history_with_receipts(app: Flask, database: Database) -> None:
    willow = cast.member(app, "Willow", given=Purpose)
    for _time in range(2):
        take_back(willow.client, Purpose.MATCHING)
        give(willow.client, Purpose.MATCHING)
    page = opened(willow.client.get(PRIVACY))
    for purpose in Purpose:
        history = section(page, purpose).all("details")[-1]
        all_of_them = receipts_of(database, willow, purpose)
        assert receipts_in(history) == all_of_them[:DECISIONS_BESIDE_A_PURPOSE]
        more = {link.attributes["href"] for link in history.all("a")} - {*all_of_them}
        assert more == ({f"{PRIVACY}/decisions?purpose=matching"} if purpose is Purpose.MATCHING else set())
    assert (
        section(page, Purpose.MATCHING).all("details")[-1].one("ol").all("li")[1].text.count("took it back")
    )
    whole = opened(willow.client.get(f"{PRIVACY}/decisions?purpose=matching"))
    assert receipts_in(whole) == receipts_of(database, willow, Purpose.MATCHING)
    assert "Finding members and topics like yours" in whole.text


def test_everything_that_was_decided_is_on_a_page_of_its_own(app: Flask, database: Database) -> None:
    cast.member(app, "Hazel", given=Purpose)
    willow = cast.member(app, "Willow", given=Purpose)
    take_back(willow.client, Purpose.MATCHING)
    assert f"{PRIVACY}/decisions" in {
        link.attributes["href"] for link in opened(willow.client.get(PRIVACY)).all("a")
    }
    history = opened(willow.client.get(f"{PRIVACY}/decisions"))
    assert receipts_in(history) == receipts_of(database, willow, *Purpose)
    first = history.one("ol", class_="list").all("li")[0].text
    assert "You took it back" in first
    assert "Finding members and topics like yours" in first
    for unknown in ("", "world-domination", "EMAIL"):
        assert willow.client.get(f"{PRIVACY}/decisions?purpose={unknown}").status_code == 404


@pytest.mark.parametrize("only", ["", "?purpose=matching"])
def test_a_long_history_comes_in_pages(app: Flask, database: Database, only: str) -> None:
    willow = cast.member(app, "Willow")
    for _time in range(14):
        give(willow.client, Purpose.MATCHING)
        take_back(willow.client, Purpose.MATCHING)
    first = opened(willow.client.get(f"{PRIVACY}/decisions{only}"))
    (older,) = first.all("a", rel="next")
    rest = opened(willow.client.get(older.attributes["href"]))
    purposes = [Purpose.MATCHING] if only else list(Purpose)
    assert receipts_in(first) + receipts_in(rest) == receipts_of(database, willow, *purposes)
    assert len(receipts_in(first)) == 25


def test_it_shows_nobody_elses_and_asks_little_of_the_database(app: Flask, database: Database) -> None:
    cast.join(database, "Hazel", given=Purpose, pending=cast.identity(email="hazel@people.invalid"))
    willow = cast.member(app, "Willow")
    page = willow.client.get(PRIVACY)
    assert "hazel@people.invalid" not in page.text
    assert receipts_in(opened(page)) == [
        one for purpose in Purpose for one in receipts_of(database, willow, purpose)
    ]
    for decisions_more in range(2):
        for _time in range(3 * decisions_more):
            give(willow.client, Purpose.MATCHING)
            take_back(willow.client, Purpose.MATCHING)
        actor = willow.actor
        with recorded(database) as statements, database.reading() as session:
            own_choices(session, actor, locale=DEFAULT_LOCALE, gpc=False)
        assert len(statements) == 4
        with recorded(database) as statements, database.reading() as session:
            decisions_page(session, actor, Window(), Purpose.MATCHING)
        assert len(statements) == 1


@pytest.mark.proves("W7")
@pytest.mark.parametrize("again", [f"{PRIVACY}/health-data/give", AGREE_AGAIN])
def test_nobody_fills_the_ledger_and_taking_back_is_never_refused(
    app: Flask, database: Database, again: str
) -> None:
    """What is recorded stays for good. The first time was when they joined; another purpose is not held up."""
    willow = cast.member(app, "Willow")
    began = clock.now()
    with time_machine.travel(began, tick=False) as moment:
        for _time in range(MOST_GIVEN - 1):
            moment.shift(60)
            assert take_back(willow.client, Purpose.HEALTH_DATA).status_code == 303
            assert give(willow.client, Purpose.HEALTH_DATA).status_code == 303
        assert take_back(willow.client, Purpose.HEALTH_DATA).status_code == 303
        before = len(records(database, willow))
        page = willow.client.get(PRIVACY if again.endswith("give") else AGREE_AGAIN)
        boxes = {} if again.endswith("give") else {"agree_membership": "yes", "agree_health_data": "yes"}
        refused = willow.client.post(again, data=form_to(page, again) | boxes)
        assert refused.status_code == 429
        assert "Please wait a while" in read_page(refused.text).text
        assert len(records(database, willow)) == before
        assert give(willow.client, Purpose.MATCHING).status_code == 303
        # The oldest of the twenty was when they joined, a moment before the clock was stopped.
        wait = int(refused.headers["Retry-After"])
        assert 0 < wait <= 24 * 3600 - (MOST_GIVEN - 1) * 60
        moment.shift(wait)
        page = willow.client.get(PRIVACY if again.endswith("give") else AGREE_AGAIN)
        assert willow.client.post(again, data=form_to(page, again) | boxes).status_code == 303
