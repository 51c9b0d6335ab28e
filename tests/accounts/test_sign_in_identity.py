"""Who it is that signed in, at the front door: one identity is one member, with or without an address."""

import re
from typing import Any

import pytest
from sqlalchemy import select, update

from forum import clock
from forum.accounts.models import EmailAddress, Identity
from forum.demo.stand_in.personas import PERSONAS
from tests.accounts.conversations import BOTH
from tests.front_door import Browser, Forum, Page


@pytest.mark.proves("A30")
@pytest.mark.parametrize("provider", BOTH)
def test_sign_up_works_without_an_address(forum: Forum, provider: str) -> None:
    browser = Browser(forum)
    answer = browser.join("quiet-river", provider, "no-email", agree=("membership", "health_data", "email"))
    assert answer.status_code == 303
    assert forum.counts()["email_address"] == 0
    assert browser.name() == "quiet-river"


@pytest.mark.proves("A30")
@pytest.mark.parametrize(
    ("provider", "fault", "agrees", "stored"),
    [
        ("google", {}, True, True),
        ("google", {}, False, False),
        ("google", {"email_not_verified": True}, True, False),
        ("facebook", {"email": "robin@people.stand-in.invalid"}, True, False),
    ],
)
def test_an_address_is_kept_only_if_verified_and_agreed_to(
    forum: Forum, provider: str, fault: dict[str, Any], agrees: bool, stored: bool
) -> None:
    forum.provider.misbehave(**fault)
    agree = ("membership", "health_data") + (("email",) if agrees else ())
    assert Browser(forum).join("quiet-river", provider, agree=agree).status_code == 303
    with forum.database.reading() as session:
        kept = session.execute(select(EmailAddress.address, EmailAddress.verified_at)).all()
    assert [row.address for row in kept] == ([PERSONAS["robin"].google_email] if stored else [])
    assert all(row.verified_at is not None for row in kept)


@pytest.mark.proves("A35")
def test_one_number_at_two_providers_is_two_people(forum: Forum) -> None:
    for provider, name in (("google", "quiet-river"), ("facebook", "tall-cedar")):
        assert Browser(forum).join(name, provider, "same-subject").status_code == 303
    with forum.database.reading() as session:
        rows = session.execute(select(Identity.issuer, Identity.subject, Identity.member_id)).all()
    assert len({row.subject for row in rows}) == 1
    assert len({row.issuer for row in rows}) == len({row.member_id for row in rows}) == 2
    for provider, name in (("google", "quiet-river"), ("facebook", "tall-cedar")):
        browser = Browser(forum)
        browser.sign_in(provider, "same-subject")
        assert browser.name() == name


@pytest.mark.proves("A36")
def test_one_address_at_two_providers_links_and_discloses_nothing(forum: Forum) -> None:
    Browser(forum).join("quiet-river", "google", "same-email", agree=("membership", "health_data", "email"))
    forum.provider.misbehave(email=PERSONAS["same-email"].google_email or "")
    newcomer, control = Browser(forum), Browser(forum)
    page = newcomer.at_consent("facebook", "same-email")
    assert "quiet-river" not in page.text
    # Somebody whose address nobody has reads the same words.
    other = control.at_consent("facebook", "toni")
    assert _without_tokens(page.text) == _without_tokens(other.text)
    newcomer.agree(page, "tall-cedar")
    assert forum.counts()["member"] == 2


def _without_tokens(html: str) -> str:
    return re.sub(r'name="csrf_token" value="[^"]*"', "", html)


@pytest.mark.proves("A39")
def test_a_changed_address_at_the_provider_is_the_same_member(forum: Forum) -> None:
    Browser(forum).join("quiet-river", agree=("membership", "health_data", "email"))
    forum.provider.misbehave(email="new.address@people.stand-in.invalid")
    browser = Browser(forum)
    browser.sign_in()
    assert browser.name() == "quiet-river"
    assert forum.counts()["member"] == 1


@pytest.mark.proves("A40")
def test_somebody_unknown_at_log_in_comes_to_the_consent_step(browser_here: Browser) -> None:
    before = browser_here.forum.counts()
    page = browser_here.at_consent()
    assert page.status_code == 200
    assert "New here with Google. Already a member another way? Log in there." in Page(page.text).words(
        **{"class": "column"}
    )
    assert browser_here.forum.counts() == before


def test_a_sleeping_identity_is_woken_by_signing_in(forum: Forum) -> None:
    Browser(forum).join("quiet-river")
    with forum.database.transaction() as session:
        session.execute(update(Identity).values(dormant_since=clock.now()))
    browser = Browser(forum)
    browser.sign_in()
    assert browser.name() == "quiet-river"
    with forum.database.reading() as session:
        assert session.scalars(select(Identity.dormant_since)).all() == [None]
