"""The cast is what it says: each of its people may do what their part needs."""

from forum.permissions.actor import Purpose
from tests import cast
from tests.front_door import Forum


def test_the_cast_is_what_it_says(forum: Forum) -> None:
    app = forum.app
    assert cast.visitor(app).get("/policies/terms", base_url=forum.base_url).status_code == 200
    assert cast.member(app).actor.missing_consents == frozenset()
    assert cast.newcomer(app).actor.name == "Hazel"
    assert cast.author(app).actor.is_member
    assert cast.suspended(app).actor.is_suspended
    assert cast.consent_withdrawn(app).actor.missing_consents == {Purpose.HEALTH_DATA}
    assert cast.peer_supporter(app).actor.role == "peer-supporter"
    assert cast.moderator(app).actor.is_staff
    assert cast.administrator(app).actor.role == "administrator"
    someone = cast.member(app, "Somebody")
    assert "Somebody" in someone.client.get("/policies/terms", base_url=forum.base_url).text
