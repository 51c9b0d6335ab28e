"""The consent step at the front door: what is shown is what is kept, and nothing else is taken."""

import pytest
from sqlalchemy import select

from forum import clock
from forum.consent.drafts import PolicyDraft
from forum.consent.models import ConsentRecord, Decision, InterfaceText, PolicyKind
from forum.consent.policies import publish_policy
from forum.permissions.actor import OPERATOR, Purpose
from tests.consent.joining import EVERYTHING, records
from tests.front_door import NEEDED, Browser, Forum, Page


def publish_newer(forum: Forum, kind: PolicyKind = PolicyKind.TERMS) -> None:
    """Publish a version of a policy that nobody has seen."""
    with forum.database.transaction() as session:
        publish_policy(
            session, OPERATOR, PolicyDraft(kind, "en", "Newer", f"Newer words of {clock.now()}.\n")
        )


@pytest.mark.proves("C5")
@pytest.mark.proves("W5")
@pytest.mark.parametrize(
    "changes",
    [
        {"policies": "terms:7 health-data:1 privacy:1 guidelines:1"},
        {"policies": "terms:1 health-data:1 privacy:1 guidelines:1 rules:1"},
        {"policies": ""},
        {"policies": None},
        {"policies": "terms:-1"},
        {"policies": "terms:99999999999999999999"},
        {"wording": "made up"},
        {"wording": None},
        {"agree_world_domination": "yes"},
        {"agree_email": "maybe"},
        {"is_name_confirmed": "perhaps"},
        {"role": "administrator"},
        {"email": "somebody@else.invalid"},
        {"subject": "1"},
    ],
)
def test_what_the_page_cannot_have_sent_is_refused(forum: Forum, changes: dict[str, str | None]) -> None:
    before = forum.counts()
    browser = Browser(forum)
    answer = browser.agree(browser.at_consent(), "quiet-river", changes=changes)
    assert answer.status_code == 400
    assert forum.counts() == before


@pytest.mark.proves("W5")
def test_a_field_that_comes_twice_is_refused(forum: Forum) -> None:
    browser = Browser(forum)
    form = Page(browser.at_consent().text).form("/join/consent")
    sent = [*form.values.items(), ("name", "quiet-river"), ("agree_email", "yes"), ("agree_email", "yes")]
    assert browser.post("/join/consent", sent).status_code == 400


@pytest.mark.proves("C5")
def test_a_policy_that_changed_meanwhile_is_shown_again(forum: Forum) -> None:
    browser = Browser(forum)
    page = browser.at_consent()
    publish_newer(forum)
    before = forum.counts()
    answer = browser.agree(page, "quiet-river", agree=(*NEEDED, "matching"))
    assert answer.status_code == 409
    assert "have changed since you opened this page" in answer.text
    assert forum.counts() == before
    form = Page(answer.text).form("/join/consent")
    assert form.values["name"] == "quiet-river"
    assert form.values["birth_year"] == "1970"
    assert {name for name, ticked in form.boxes.items() if ticked} == {
        f"agree_{purpose}" for purpose in (*NEEDED, "matching")
    }
    assert form.values["policies"].startswith("terms:2 ")
    assert browser.submit(answer, "/join/consent").status_code == 303
    recorded = records(forum)[Purpose.MEMBERSHIP].policies
    assert {policy["kind"]: policy["version"] for policy in recorded}["terms"] == 2


@pytest.mark.proves("C5")
def test_other_words_beside_a_choice_are_shown_again(forum: Forum) -> None:
    browser = Browser(forum)
    page = browser.at_consent()
    # As if the form had been rendered by a release with another wording.
    assert browser.agree(page, "quiet-river", changes={"wording": "0" * 64}).status_code == 409
    assert forum.counts()["member"] == 0


@pytest.mark.proves("C10")
@pytest.mark.parametrize("headers", [{}, {"Sec-GPC": "1"}])
def test_the_words_that_are_kept_are_the_words_that_were_shown(forum: Forum, headers: dict[str, str]) -> None:
    browser = Browser(forum, headers)
    page = browser.at_consent()
    shown = {purpose: Page(page.text).words(data_purpose=purpose.value) for purpose in Purpose}
    assert browser.agree(page, "quiet-river").status_code == 303
    with forum.database.reading() as session:
        kept = {
            purpose: " ".join(words.split())
            for purpose, words in session.execute(
                select(ConsentRecord.purpose, InterfaceText.text).join(
                    InterfaceText, InterfaceText.sha256 == ConsentRecord.interface_text_sha256
                )
            )
        }
    assert kept == shown
    assert len(set(kept.values())) == 6


@pytest.mark.proves("C14")
def test_a_browser_that_asks_for_privacy_is_heard(forum: Forum) -> None:
    browser = Browser(forum, {"Sec-GPC": "1"})
    page = browser.at_consent()
    assert "Global Privacy Control" in page.text
    boxes = Page(page.text).form("/join/consent").boxes
    assert "agree_aggregate_statistics" not in boxes
    assert "agree_research_contact" not in boxes
    forged = browser.agree(page, "quiet-river", agree=(*NEEDED, "research_contact"))
    assert forged.status_code == 400
    assert browser.agree(page, "quiet-river", agree=(*NEEDED, "matching")).status_code == 303
    kept = records(forum)
    assert all(record.gpc for record in kept.values())
    assert kept[Purpose.AGGREGATE_STATISTICS].decision is Decision.REFUSED
    assert kept[Purpose.RESEARCH_CONTACT].decision is Decision.REFUSED
    assert kept[Purpose.MATCHING].decision is Decision.GIVEN


@pytest.mark.proves("C14")
def test_privacy_that_was_asked_for_meanwhile_is_heard_too(forum: Forum) -> None:
    browser = Browser(forum)
    page = browser.at_consent()
    browser.http.headers["Sec-GPC"] = "1"
    answer = browser.agree(page, "quiet-river", agree=EVERYTHING)
    assert answer.status_code in (400, 409)
    assert forum.counts()["member"] == 0
