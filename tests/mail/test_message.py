"""A letter as an e-mail: plain text, safe headers, and nothing that a passer-by could learn from."""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
import time_machine
from hypothesis import assume, example, given
from hypothesis import strategies as st

from forum.mail.message import Letter, Sender, message_of

SENDER = Sender("Alongside", "letters@forum.example", "https://pain.example")
WHOLE: dict[str, Any] = {
    "to": "wren@members.example",
    "subject": "A change to how you log in",
    "paragraphs": ("A passkey was added.", "If this was not you: log in — and look."),
    "link_words": "How you log in",
    "link_path": "/settings/sign-in",
    "locale": "en",
}


def read(message: EmailMessage) -> EmailMessage:
    """Return an e-mail as it comes out at the other end."""
    found = message_from_bytes(message.as_bytes().replace(b"\r\n", b"\n"), policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def test_it_is_plain_text_with_the_headers_of_a_machines_letter() -> None:
    with time_machine.travel(datetime(2026, 3, 14, 10, 30, tzinfo=UTC), tick=False):
        found = read(message_of(Letter(**WHOLE), SENDER, "1"))
    assert dict(found) == {
        "From": "Alongside <letters@forum.example>",
        "To": "wren@members.example",
        "Subject": "A change to how you log in",
        "Date": "Sat, 14 Mar 2026 10:30:00 +0000",
        "Message-ID": found["Message-ID"],
        "Auto-Submitted": "auto-generated",
        "Content-Type": 'text/plain; charset="utf-8"',
        "Content-Transfer-Encoding": "quoted-printable",
        "MIME-Version": "1.0",
        "Content-Language": "en",
    }
    assert found.get_content() == (
        "A passkey was added.\n\nIf this was not you: log in — and look.\n\n"
        "How you log in:\nhttps://pain.example/settings/sign-in\n"
    )


def test_what_is_sent_is_seven_bit_and_in_short_lines() -> None:
    """Some servers on the way know no better (RFC 5321, section 4.5.3.1.6)."""
    letter = Letter(**WHOLE | {"paragraphs": ("ä" * 3000,), "subject": "Ä" * 150})
    sent = message_of(letter, SENDER, "1").as_bytes()
    assert sent.isascii()
    assert max(map(len, sent.split(b"\r\n"))) < 998
    assert "ä" * 3000 in read(message_of(letter, SENDER, "1")).get_content()


def test_the_same_letter_has_the_same_number_wherever_it_is_sent_from() -> None:
    def number(key: str, sender: Sender = SENDER, **other: Any) -> str:
        return str(message_of(Letter(**WHOLE | other), sender, key)["Message-ID"])

    assert number("1") == number("1", subject="In other words")
    assert number("1") != number("2")
    # Two forums that share a domain for their mail.
    assert number("1") != number("1", Sender("Alongside", "letters@forum.example", "https://other.example"))
    assert re.fullmatch(r"<[0-9a-f]{40}@forum\.example>", number("1"))


@pytest.mark.parametrize("part", ["to", "subject", "link_words", "link_path", "locale", "paragraphs"])
@pytest.mark.parametrize(
    "more", ["\r\nBcc: all@members.example", "\nX: y", "\r", "\x00", "\x1b[0m", "\u2028", "\u202e"], ids=repr
)
def test_no_line_can_be_smuggled_in(part: str, more: str) -> None:
    text = f"{WHOLE[part]}{more}" if part != "paragraphs" else (f"One.{more}",)
    with pytest.raises(ValueError, match="control character") as refused:
        Letter(**WHOLE | {part: text})
    assert "wren" not in str(refused.value)


@pytest.mark.parametrize(
    "address",
    ["", " ", "wren", "wren@", "@members.example", "a@b.example, c@d.example", "a@b.example c@d.example",
     "Wren <wren@members.example>", "<wren@members.example>", "undisclosed-recipients:;"],
)  # fmt: skip
def test_there_is_one_recipient_or_none(address: str) -> None:
    with pytest.raises(ValueError, match="letter"):
        Letter(**WHOLE | {"to": address})


@pytest.mark.parametrize("path", ["", "settings", "//evil.example/", "https://evil.example/"])
def test_a_link_leads_to_this_site(path: str) -> None:
    with pytest.raises(ValueError, match="letter"):
        Letter(**WHOLE | {"link_path": path})


def test_a_name_with_marks_in_it_stays_a_name() -> None:
    sender = Sender('Al"ong, <x@y.example>; Ünder', "letters@forum.example", "https://forum.example")
    (found,) = read(message_of(Letter(**WHOLE), sender, "1"))["From"].addresses
    assert (found.display_name, found.addr_spec) == (sender.name, "letters@forum.example")


@pytest.mark.parametrize("part", ["to", "subject"])
def test_no_line_can_be_smuggled_in_encoded(part: str) -> None:
    """The standard library takes such words for its own, and would write ``Bcc`` on a line of its own."""
    with pytest.raises(ValueError, match="control character"):
        Letter(**WHOLE | {part: f"=?utf-8?q?=0D=0ABcc:_x@y.example?={WHOLE[part]}"})


@example("a" * 200)
@given(st.text(min_size=1, max_size=200))
def test_whatever_a_subject_says_the_headers_are_ours(subject: str) -> None:
    assume(subject.isprintable() and subject.strip() and "=?" not in subject)
    message = message_of(Letter(**WHOLE | {"subject": subject}), SENDER, "1")
    found = read(message)
    assert set(found.keys()) == set(message.keys())
    assert [address.addr_spec for address in found["To"].addresses] == [WHOLE["to"]]
    assert found.get_content().startswith("A passkey was added.\n\nIf this")


def test_printing_a_letter_shows_no_address_and_no_words() -> None:
    assert repr(Letter(**WHOLE)) == "Letter(locale='en')"
