"""Home, about and help now: what they say, before and after the first texts, and what they cost."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from forum.community.models.people import HealthTerm
from forum.community.models.threads import Audience, Topic
from forum.consent.drafts import PolicyDraft
from forum.consent.models import PolicyKind
from forum.consent.policies import publish_policy
from forum.database.session import Database
from forum.permissions.actor import OPERATOR
from forum.site import shipped_texts
from tests import cast
from tests.community.conftest import start, topic_draft
from tests.pages import Element, read_page
from tests.recorder import recorded
from tests.site.texts import publish_texts

MOST_STATEMENTS_OF_HOME = 5


def main_of(client: FlaskClient, address: str) -> Element:
    answer = client.get(address)
    assert answer.status_code == 200
    return read_page(answer.text).one("main")


def links(element: Element) -> set[str]:
    return {link.attributes["href"] for link in element.all("a")}


def test_before_the_first_texts_the_home_page_says_what_to_do(client: FlaskClient) -> None:
    main = main_of(client, "/")
    assert "Nobody can join yet" in main.text
    assert main.one("code").text == "forum site init"
    assert "/join" not in links(main)


def test_a_single_policy_does_not_open_the_door(app: Flask, client: FlaskClient, database: Database) -> None:
    with database.transaction() as session:
        publish_policy(session, OPERATOR, PolicyDraft(PolicyKind.TERMS, "en", "Terms", "Be kind."))
    assert "Nobody can join yet" in main_of(client, "/").text
    publish_texts(app)
    assert "Nobody can join yet" not in main_of(client, "/").text


@pytest.mark.proves("C16")
def test_the_home_page_leads_to_all_that_matters(app: Flask, client: FlaskClient) -> None:
    publish_texts(app)
    main = main_of(client, "/")
    assert {"/join", "/policies/health-data", "/help-now", "/treatments/intrathecal-implants"} <= links(main)
    assert {f"/categories/{category.slug}" for category in shipped_texts.categories()} <= links(main)
    titles = [title.text for title in main.all("h3")]
    assert set(titles) == {topic.title for topic in shipped_texts.topics()}


def test_the_home_page_takes_five_statements_however_much_goes_on(
    app: Flask, client: FlaskClient, database: Database
) -> None:
    publish_texts(app)
    someone = cast.member(app)
    for _ in range(12):
        start(database, someone.actor, topic_draft("flares-today"))
    with recorded(database) as statements:
        main = main_of(client, "/")
    assert len(statements) == 5
    assert len(statements) <= MOST_STATEMENTS_OF_HOME
    assert len(main.all("li", class_="topic")) == 8


@pytest.mark.parametrize("audience", [kind for kind in Audience if kind is not Audience.PUBLIC])
def test_what_is_not_for_everyone_is_not_on_the_home_page(
    app: Flask, client: FlaskClient, database: Database, audience: Audience
) -> None:
    publish_texts(app)
    someone = cast.member(app)
    topic_id = start(database, someone.actor, topic_draft("flares-today"))
    assert "Flare number nine" in main_of(client, "/").text
    with database.transaction() as session:
        same = audience is Audience.SAME_CONDITION
        condition = session.scalars(select(HealthTerm.id).limit(1)).one() if same else None
        session.execute(
            update(Topic).where(Topic.id == topic_id).values(audience=audience, condition_id=condition)
        )
    for reader in (client, someone.client):
        assert "Flare number nine" not in main_of(reader, "/").text


def test_a_member_is_offered_to_write_and_not_to_join(app: Flask) -> None:
    publish_texts(app)
    main = main_of(cast.member(app).client, "/")
    assert "/topics/new" in links(main)
    assert "/join" not in links(main)


@pytest.mark.parametrize("address", ["/", "/about", "/help-now"])
def test_a_page_that_is_kept_for_everyone_sets_no_cookie_and_holds_no_token(
    app: Flask, client: FlaskClient, address: str
) -> None:
    publish_texts(app)
    first = client.get(address)
    assert "Set-Cookie" not in first.headers
    assert "csrf_token" not in first.text
    other = app.test_client().get(address, headers={"Accept-Language": "fr-CA", "User-Agent": "old phone"})
    assert other.text == first.text


def test_about_names_the_operator(client: FlaskClient) -> None:
    main = main_of(client, "/about")
    for said in ("The Test Community", "1 Example Street, Exampleton", "Ireland", "Alongside Chronic Pain"):
        assert said in main.text
    assert "{" not in main.text
    assert "mailto:care@forum.invalid" in links(main)
    assert main.one("h1").text == "About Alongside Chronic Pain"


def test_about_and_help_need_no_rows_and_few_statements(client: FlaskClient, database: Database) -> None:
    with recorded(database) as statements:
        main_of(client, "/about")
    # The settings in force, which every page shows.
    assert len(statements) == 1
    with recorded(database) as statements:
        main = main_of(client, "/help-now")
    assert len(statements) == 2
    assert "https://findahelpline.com" in links(main)


def test_help_now_begins_with_the_emergency_and_can_be_tapped(app: Flask, client: FlaskClient) -> None:
    publish_texts(app)
    main = main_of(client, "/help-now")
    assert (
        main.text.index("Is a life in danger")
        < main.text.index("Samaritans")
        < main.text.index("While you wait")
    )
    assert {
        "tel:116123",
        "tel:988",
        "tel:112",
        "mailto:jo@samaritans.org",
        "https://findahelpline.com",
    } <= links(main)
    titles = [title.text for title in main.one("section", aria_labelledby="helplines").all("h3")]
    assert titles[0] == "Ireland"
    assert titles[-1] == "Another country"
    assert "Mexico" not in titles
    anchors = {link.removeprefix("#") for link in links(main) if link.startswith("#")}
    assert anchors == {
        element.attributes["id"]
        for element in main.all("section", class_="panel")
        if "id" in element.attributes
    }


def test_help_now_stands_at_the_same_place_on_every_page(app: Flask, client: FlaskClient) -> None:
    publish_texts(app)
    places = set()
    for address in (
        "/",
        "/about",
        "/help-now",
        "/treatments/intrathecal-implants",
        "/settings/reading",
        "/nowhere",
    ):
        header = read_page(client.get(address).text).one("header", class_="top")
        places.add(tuple(link.attributes["href"].partition("?")[0] for link in header.all("a")))
    assert len(places) == 1
    assert "/help-now" in next(iter(places))


def test_crawlers_are_told_where_not_to_look(client: FlaskClient) -> None:
    answer = client.get("/robots.txt")
    assert answer.status_code == 200
    assert answer.mimetype == "text/plain"
    assert {"Disallow: /moderation/", "Disallow: /settings/", "Disallow: /auth/"} <= set(
        answer.text.splitlines()
    )
    assert "Disallow: /" not in answer.text.splitlines()


def test_the_mark_is_found_where_browsers_look_for_it(client: FlaskClient) -> None:
    answer = client.get("/favicon.ico", follow_redirects=True, buffered=True)
    assert answer.status_code == 200
    assert answer.mimetype == "image/svg+xml"
