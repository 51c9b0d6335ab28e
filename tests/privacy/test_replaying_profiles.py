"""After a restore: what members took back of what they said of themselves is taken back again."""

from collections.abc import Callable

import pytest
from flask import Flask

from config import Settings
from forum.community.models.people import FieldAudience
from forum.community.profiles import Said
from forum.database.session import Database
from forum.privacy.models import ErasureKind
from tests import cast
from tests.community.saying import make_terms, say, terms_of
from tests.privacy.conftest import Back
from tests.privacy.test_erasure_ledger import begin
from tests.privacy.test_replaying import replay

# As for everything that is done again after a restore: the same statements on both databases.
pytestmark = pytest.mark.parametrize("dialect", ["sqlite"])


@pytest.mark.proves("D10")
def test_what_somebody_said_of_themselves_and_took_back_since_is_for_nobody(
    app: Flask,
    database: Database,
    settings: Settings,
    taken: Callable[[], Back],
) -> None:
    begin(database, settings)
    someone, other = cast.member(app, "Rowan"), cast.member(app, "Marlow")
    make_terms(database)
    said = Said(
        about="Words that they took back.",
        about_for=FieldAudience.EVERYONE,
        conditions=frozenset({"migraine"}),
        conditions_for=FieldAudience.MEMBERS,
        listed=True,
    )
    for one in (someone, other):
        say(one, said)
    put_back = taken()
    say(someone, Said())
    put_back()
    assert replay(settings) == {ErasureKind.PROFILE_NARROWED: 1}
    assert terms_of(someone) == set()
    # Who took nothing back has everything as it was.
    assert terms_of(other) == {"migraine"}
    visitor = app.test_client()
    assert visitor.get(f"/members/{someone.name}").status_code == 404
    assert "Words that they took back." in visitor.get(f"/members/{other.name}").text
    names = other.client.get("/members").text
    assert f"/members/{other.name}" in names
    assert f"/members/{someone.name}" not in names
