"""Contact lines as they are shipped, cut into words and things to tap."""

import pytest

from forum.moderation.contacts import ContactPart, call, parts_of
from forum.moderation.models import HelplineState
from forum.site import shipped_texts


@pytest.mark.parametrize(
    ("line", "addresses"),
    [
        (
            "call 116 123; email jo@samaritans.org (not for urgent)",
            ["tel:116123", "mailto:jo@samaritans.org"],
        ),
        ("call or text 988; chat 988lifeline.org", ["tel:988", "https://988lifeline.org"]),
        ("call or text 9-8-8 (EN/FR)", ["tel:988"]),
        ("call 13 11 14; text 0477 13 11 14; chat", ["tel:131114", "sms:0477131114"]),
        (
            "call 113 (free since Oct 2025) or 0800-0113; chat 113.nl",
            ["tel:113", "tel:08000113", "https://113.nl"],
        ),
        ("call 14416 or 1-800-891-4416", ["tel:14416", "tel:18008914416"]),
        ("call 0800 1110111, 0800 1110222 or 116 123", ["tel:08001110111", "tel:08001110222", "tel:116123"]),
        ("call or text 1737; also Suicide Crisis Helpline 0508 828 865", ["tel:1737", "tel:0508828865"]),
        ("call +353 1 234 5678", ["tel:+35312345678"]),
        ("come by, any day, 24 hours", []),
        ("", []),
    ],
)
def test_numbers_and_addresses_can_be_tapped(line: str, addresses: list[str]) -> None:
    parts = parts_of(line)
    assert [part.address for part in parts if part.address] == addresses
    assert "".join(part.text for part in parts) == line


@pytest.mark.parametrize(
    ("line", "texting"),
    [
        ("call or text 988; chat 988lifeline.org", ["sms:988"]),
        ("Call or text 9-8-8 (EN/FR)", ["sms:988"]),
        ("call or text 1737; also Suicide Crisis Helpline 0508 828 865", ["sms:1737"]),
        ("call 13 11 14; text 0477 13 11 14; chat", ["sms:0477131114"]),
        ("call 116 123; email jo@samaritans.org (not for urgent)", []),
    ],
)
def test_a_number_that_takes_texts_can_be_texted(line: str, texting: list[str]) -> None:
    assert [part.text_address for part in parts_of(line) if part.text_address] == texting


def test_every_verified_helpline_has_something_to_tap() -> None:
    for row in shipped_texts.helplines():
        if row.state is HelplineState.VERIFIED:
            parts = parts_of(row.contact)
            assert "".join(part.text for part in parts) == row.contact
            assert [part for part in parts if part.address.startswith("tel:")], row.contact


def test_what_is_tapped_is_no_script() -> None:
    hostile = 'javascript:alert(1) "><script> data:text/html,x vbscript:x'
    assert all(part.address.startswith(("", "https://", "mailto:", "tel:")) for part in parts_of(hostile))
    assert not [
        part for part in parts_of(hostile) if part.address.startswith(("javascript", "data", "vbscript"))
    ]


def test_an_emergency_number_is_called() -> None:
    assert call("999") == "tel:999"
    assert ContactPart("x", "").address == ""
