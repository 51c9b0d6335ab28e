"""The page of a treatment as people get it: the facts where they are marked, its discussion, and what it claims."""

import json
import re
from dataclasses import replace
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from forum.accounts.models import Member
from forum.community.commands import writing as community
from forum.community.models.threads import Audience, Post, PostState, Topic
from forum.database.session import Database
from forum.permissions.actor import OPERATOR, VISITOR, MemberState
from forum.site import shipped_texts
from forum.text.translate import say_date
from forum.treatments import queries
from forum.treatments.commands import publish_treatment
from forum.treatments.drafts import TreatmentDraft
from forum.treatments.models import Treatment, TreatmentVersion
from tests import cast
from tests.community.conftest import reply
from tests.pages import Element, read_page
from tests.recorder import recorded
from tests.treatments.test_shipped_page import FACT_LIST, SECTION_KEYS, Fact


def get(client: FlaskClient, address: str) -> Element:
    """Return a page that must be there."""
    answer = client.get(address)
    assert answer.status_code == 200
    return read_page(answer.text)


def topic_of(database: Database) -> int:
    """Return the topic in which the only treatment is discussed."""
    with database.reading() as session:
        return session.scalars(select(Treatment.topic_id)).one()


def a_draft(**changes: object) -> TreatmentDraft:
    """Return the shipped draft, changed."""
    (draft,) = shipped_texts.treatments()
    return replace(draft, **changes)  # type: ignore[arg-type]  # The tests' own keywords.


def structured(page: Element) -> dict[str, object]:
    """Return the page's data block."""
    data: dict[str, object] = json.loads(page.one("script", type="application/ld+json").raw)
    return data


@pytest.fixture
def seen(client: FlaskClient, implants: str) -> Element:
    """Return the page as a visitor gets it."""
    return get(client, implants)


def test_the_rendered_page_says_each_fact_where_it_is_marked(seen: Element) -> None:
    marked = [element for element in seen.all() if "data-fact" in element.attributes]
    for fact in FACT_LIST:
        texts = [element.text for element in marked if fact.id in element.attributes["data-fact"].split()]
        assert texts, f"no element is marked {fact.id}: {fact.fact}"
        for text in texts:
            assert re.search(fact.keyword_regex, text, re.IGNORECASE), f"{fact.id} is marked on: {text}"
    known = {fact.id for fact in FACT_LIST}
    assert {fact_id for element in marked for fact_id in element.attributes["data-fact"].split()} == known


def test_the_rendered_page_breaks_no_guard(seen: Element) -> None:
    guards: list[Fact] = [fact for fact in FACT_LIST if fact.guard_regex]
    assert guards
    for fact in guards:
        assert not re.search(fact.guard_regex, seen.text, re.IGNORECASE), fact.id


def test_every_section_has_its_anchor_and_stands_in_the_contents(seen: Element) -> None:
    (contents,) = seen.all("nav", class_="toc")
    listed = [link.attributes["href"].removeprefix("#") for link in contents.all("a")]
    ids = [element.attributes["id"] for element in seen.all() if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    assert set(SECTION_KEYS) <= set(listed)
    # The contents follow the page, so that nobody is sent back and forth.
    assert [anchor for anchor in ids if anchor in listed] == listed


def test_every_link_within_the_page_leads_somewhere(seen: Element) -> None:
    ids = {element.attributes.get("id") for element in seen.all()}
    inside = {
        link.attributes["href"][1:]
        for link in seen.all("a")
        if link.attributes.get("href", "").startswith("#")
    }
    assert {anchor for anchor in inside if anchor.startswith("ref-")}
    assert inside <= ids


def test_what_matters_most_comes_first(seen: Element) -> None:
    sections = [element.attributes.get("id", "") for element in seen.one("main").all("section")]
    assert [key for key in sections if key][:3] == ["key-points", "get-help-now", "evidence"]
    assert seen.one("section", id="key-points").attributes["class"] == "panel key"
    assert seen.one("section", id="get-help-now").attributes["class"] == "panel urgent"
    assert "Call your emergency number" in seen.one("section", id="get-help-now").text


def test_the_evidence_is_said_in_words_beside_its_meter(seen: Element) -> None:
    section = seen.one("section", id="evidence")
    assert "Weak." in section.text
    assert "Few studies compared people" in section.text
    assert len(section.all("i")) == 3
    assert len(section.all("i", class_="on")) == 1


def test_the_page_says_who_wrote_and_who_did_not_review_it(seen: Element) -> None:
    main = seen.one("main").text
    assert "No clinician has reviewed this page." in main
    assert f"Checked on {say_date(date(2026, 11, 22))}" in main
    assert f"next check is due by {say_date(date(2027, 5, 22))}" in main
    assert "It does not replace advice from someone who knows your health." in main
    assert "Fewer than 10 members have shared" in main


def test_references_stand_under_the_anchors_that_sections_use(seen: Element) -> None:
    (draft,) = shipped_texts.treatments()
    for reference in draft.references:
        entry = seen.one("li", id=f"ref-{reference.key}")
        assert " ".join(reference.text.split()) in entry.text
        links = [link.attributes["href"] for link in entry.all("a")]
        assert links == ([reference.url] if reference.url else [])


def test_structured_data_is_a_page_on_a_device_that_nobody_reviewed(seen: Element) -> None:
    data = structured(seen)
    assert data["@type"] == "MedicalWebPage"
    assert data["url"] == "http://localhost/treatments/intrathecal-implants"
    about = data["about"]
    assert isinstance(about, dict)
    assert (about["@type"], about["name"]) == ("MedicalDevice", "Intrathecal implants")
    assert "lastReviewed" not in data
    assert "reviewedBy" not in data


def test_a_review_is_claimed_once_somebody_is_named(
    client: FlaskClient, database: Database, implants: str
) -> None:
    with database.transaction() as session:
        session.execute(update(TreatmentVersion).values(reviewer="Dr Example, pain medicine"))
    page = get(client, implants)
    assert structured(page)["lastReviewed"] == "2026-11-22"
    assert "Reviewed by Dr Example, pain medicine" in page.one("main").text
    assert "No clinician has reviewed this page." not in page.text


def test_a_hostile_text_stays_a_text(client: FlaskClient, database: Database, implants: str) -> None:
    hostile = "</script><script>alert(1)</script><b onclick=x>&\u2028"
    with database.transaction() as session:
        session.execute(
            update(TreatmentVersion).values(title=hostile, summary=hostile, also_called=[hostile])
        )
    answer = client.get(implants)
    assert "<script>alert(1)" not in answer.text
    assert "<b onclick" not in answer.text
    data = structured(read_page(answer.text))
    assert (data["name"], data["description"]) == (hostile, hostile)


def test_a_visitors_page_takes_three_statements_with_the_communitys_settings(
    client: FlaskClient, database: Database, implants: str
) -> None:
    with recorded(database) as statements:
        assert client.get(implants).status_code == 200
    assert len(statements) == 3


def test_the_query_takes_two_statements_however_much_is_said(
    app: Flask, database: Database, implants: str
) -> None:
    someone = cast.member(app)
    for _ in range(7):
        reply(database, someone.actor, topic_of(database))
    with database.reading() as session, recorded(database) as statements:
        queries.treatment_page(session, VISITOR, "intrathecal-implants")
    assert len(statements) == 2


def test_the_newest_five_posts_are_shown_with_the_way_to_all(
    app: Flask, client: FlaskClient, database: Database, implants: str
) -> None:
    someone = cast.member(app, "Juniper")
    topic_id = topic_of(database)
    for number in range(1, 8):
        reply(database, someone.actor, topic_id, f"Reply number {number} in *my* words.")
    section = get(client, implants).one("section", id="discussion")
    said = re.findall(r"Reply number (\d)", section.text)
    assert said == ["7", "6", "5", "4", "3"]
    assert [element.text for element in section.all("em")] == ["my"] * 5
    links = {link.attributes["href"] for link in section.all("a")}
    assert f"/topics/{topic_id}/intrathecal-implants-your-experiences" in links
    assert f"/topics/{topic_id}/reply" in links
    assert "7 replies" in section.text


def test_without_replies_the_discussion_invites(seen: Element) -> None:
    section = seen.one("section", id="discussion")
    assert "Nobody has written here yet" in section.text
    assert any(link.attributes["href"].endswith("/reply") for link in section.all("a"))


@pytest.mark.parametrize("state", [PostState.HIDDEN, PostState.HELD])
def test_a_post_that_moderators_took_away_never_shows(
    app: Flask, client: FlaskClient, database: Database, implants: str, state: PostState
) -> None:
    someone = cast.member(app)
    topic_id = topic_of(database)
    reply(database, someone.actor, topic_id, "This may stay.")
    gone = reply(database, someone.actor, topic_id, "Nobody may read this.")
    with database.transaction() as session:
        session.execute(update(Post).where(Post.id == gone).values(state=state))
    for reader in (client, someone.client):
        text = get(reader, implants).text
        assert "This may stay." in text
        assert "Nobody may read this." not in text


def test_a_post_that_its_author_took_back_never_shows(
    app: Flask, client: FlaskClient, database: Database, implants: str
) -> None:
    someone = cast.member(app)
    gone = reply(database, someone.actor, topic_of(database), "I took this back.")
    assert "I took this back." in get(client, implants).text
    with database.transaction() as session:
        community.delete_post(session, someone.actor, gone)
    assert "I took this back." not in get(client, implants).text


def test_the_words_of_a_member_whose_account_rests_never_show(
    app: Flask, client: FlaskClient, database: Database, implants: str
) -> None:
    someone = cast.member(app, "Willow")
    reply(database, someone.actor, topic_of(database), "Words of somebody who went.")
    with database.transaction() as session:
        session.execute(update(Member).where(Member.id == someone.member_id).values(state=MemberState.PAUSED))
    text = get(client, implants).text
    assert "Words of somebody who went." not in text
    assert "Willow" not in text


def test_a_discussion_for_members_shows_nothing_of_itself_to_visitors(
    app: Flask, client: FlaskClient, database: Database, implants: str
) -> None:
    someone = cast.member(app)
    topic_id = topic_of(database)
    reply(database, someone.actor, topic_id, "Among ourselves.")
    with database.transaction() as session:
        session.execute(update(Topic).where(Topic.id == topic_id).values(audience=Audience.MEMBERS))
    visitors = get(client, implants)
    assert "Among ourselves." not in visitors.text
    assert not any(f"/topics/{topic_id}" in link.attributes.get("href", "") for link in visitors.all("a"))
    assert "Among ourselves." in get(someone.client, implants).text


def test_a_locked_discussion_offers_no_reply_and_says_why(
    client: FlaskClient, database: Database, implants: str
) -> None:
    with database.transaction() as session:
        session.execute(update(Topic).values(locked=True))
    section = get(client, implants).one("section", id="discussion")
    assert "locked" in section.text
    assert not [link for link in section.all("a") if link.attributes["href"].endswith("/reply")]


def test_who_may_not_write_reads_why(app: Flask, implants: str) -> None:
    section = get(cast.suspended(app).client, implants).one("section", id="discussion")
    assert "Your account is suspended, so you can read but not write." in section.text


def test_a_newer_shipped_text_is_a_draft_and_the_page_stays(
    client: FlaskClient, database: Database, implants: str
) -> None:
    with database.transaction() as session:
        publish_treatment(session, OPERATOR, a_draft(title="A newer title"))
    assert "A newer title" not in get(client, implants).text
    with database.reading() as session:
        rows = session.execute(
            select(TreatmentVersion.version, TreatmentVersion.title, TreatmentVersion.published_at).order_by(
                TreatmentVersion.version
            )
        ).all()
    assert [(row.version, row.title, row.published_at is None) for row in rows] == [
        (1, "Intrathecal implants", False),
        (2, "A newer title", True),
    ]


def test_publishing_the_same_text_again_changes_nothing(database: Database, implants: str) -> None:
    with database.transaction() as session:
        publish_treatment(session, OPERATOR, a_draft())
        publish_treatment(session, OPERATOR, a_draft(title="A newer title"))
        publish_treatment(session, OPERATOR, a_draft(title="A newer title"))
        publish_treatment(session, OPERATOR, a_draft())
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(TreatmentVersion)) == 2
        assert session.scalar(select(func.count()).select_from(Treatment)) == 1


def test_a_treatment_whose_versions_are_all_drafts_is_not_there(
    client: FlaskClient, database: Database, implants: str
) -> None:
    with database.transaction() as session:
        session.execute(update(TreatmentVersion).values(published_at=None))
    assert client.get(implants).status_code == 404
    assert client.get(f"{implants}/questions").status_code == 404
    assert "Intrathecal" not in get(client, "/treatments").one("main").text


@pytest.mark.parametrize(
    "slug", ["nothing", "%00", "..%2f..%2fetc", "intrathecal-implants%27--", "x" * 3000, "%F0%9F"]
)
def test_an_address_that_leads_nowhere_is_not_found(client: FlaskClient, implants: str, slug: str) -> None:
    assert client.get(f"/treatments/{slug}").status_code == 404
    assert client.get(f"/treatments/{slug}/questions").status_code == 404


def test_the_questions_stand_on_a_sheet_of_their_own(
    client: FlaskClient, database: Database, implants: str
) -> None:
    link = get(client, implants).one("section", id="questions").one("a", class_="button")
    with recorded(database) as statements:
        sheet = get(client, link.attributes["href"])
    assert len(statements) == 2
    main = sheet.one("main")
    assert main.one("h1").text == "Questions to take to your doctor"
    assert len([item for item in main.all("li") if item.text.endswith("?")]) == 13
    assert not main.all("script")


def test_a_page_without_questions_has_no_sheet(
    client: FlaskClient, database: Database, implants: str
) -> None:
    with database.transaction() as session:
        version = session.scalars(select(TreatmentVersion)).one()
        version.sections = [section for section in version.sections if section["key"] != "questions"]
    assert client.get(f"{implants}/questions").status_code == 404
    assert f"{implants}/questions" not in client.get(implants).text


def test_the_list_names_every_treatment_with_its_evidence(
    client: FlaskClient, database: Database, implants: str
) -> None:
    with recorded(database) as statements:
        main = get(client, "/treatments").one("main")
    assert len(statements) == 2
    assert [link.text for link in main.all("a") if link.attributes["href"] == implants] == [
        "Intrathecal implants"
    ]
    assert "Evidence: weak" in main.text
    assert "pain pumps" in main.text


def test_the_list_says_so_when_there_is_nothing(client: FlaskClient) -> None:
    assert "There is no treatment page yet." in get(client, "/treatments").one("main").text
