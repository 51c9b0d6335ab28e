"""The cookie of the consent step: who is at it can be read back for fifteen minutes, by us alone."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import Fernet

from forum.accounts.pending_identity import LONGEST_SEALED, PENDING_FOR, PendingIdentity, seal, unseal

NOW = datetime(2026, 11, 22, 3, 10, tzinfo=UTC)
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
ROBIN = PendingIdentity(
    provider="google",
    issuer="https://google.stand-in.invalid",
    subject="100000000000000000101",
    email="robin.ordinary@people.stand-in.invalid",
    name_hints=("robin.ordinary",),
    next="/topics/7/a-hard-week#post-3",
)


def test_what_was_sealed_is_read_back() -> None:
    assert unseal(seal(ROBIN, "here", [NEW], NOW), "here", [NEW], NOW) == ROBIN


@pytest.mark.proves("C1")
def test_it_is_over_after_fifteen_minutes() -> None:
    sealed = seal(ROBIN, "here", [NEW], NOW)
    assert unseal(sealed, "here", [NEW], NOW + PENDING_FOR) == ROBIN
    assert unseal(sealed, "here", [NEW], NOW + PENDING_FOR + timedelta(seconds=1)) is None


@pytest.mark.proves("C1")
def test_nobody_else_can_read_or_change_it() -> None:
    sealed = seal(ROBIN, "here", [NEW], NOW)
    inside = base64.urlsafe_b64decode(sealed)
    for said in (ROBIN.subject, "robin", "topics"):
        assert said.encode() not in inside
    changed = bytearray(inside)
    changed[-40] ^= 1
    assert unseal(base64.urlsafe_b64encode(changed).decode(), "here", [NEW], NOW) is None
    assert unseal(sealed, "here", [OLD], NOW) is None
    for nonsense in ("", "x", "ü", sealed[:-2], json.dumps({"provider": "google"})):
        assert unseal(nonsense, "here", [NEW], NOW) is None


@pytest.mark.proves("C1")
@pytest.mark.parametrize("elsewhere", ["there", "", "her", "here "])
def test_in_another_browser_it_is_nobody(elsewhere: str) -> None:
    assert unseal(seal(ROBIN, "here", [NEW], NOW), elsewhere, [NEW], NOW) is None


def test_a_key_can_be_replaced_while_people_are_at_the_step() -> None:
    assert unseal(seal(ROBIN, "here", [OLD], NOW), "here", [NEW, OLD], NOW) == ROBIN


def test_it_always_fits_in_a_cookie() -> None:
    longest = PendingIdentity(
        "facebook", "https://" + "i" * 247, "9" * 255, "e" * 254, ("\U0001f600" * 200,), "/" + "n" * 499
    )
    sealed = seal(longest, "here", [NEW], NOW)
    assert len(sealed) <= LONGEST_SEALED
    found = unseal(sealed, "here", [NEW], NOW)
    assert found is not None
    assert (found.issuer, found.subject, found.email) == (longest.issuer, longest.subject, longest.email)
