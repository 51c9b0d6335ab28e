"""What the guard sees in somebody's words, and what it keeps quiet about."""

import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from forum.text import pseudonymity
from forum.text.pseudonymity import MOST_FOUND, GiveAway, GiveAwayKind, give_aways
from forum.text.translate import speaking

PHONE, EMAIL, ADDRESS, FULL_NAME = GiveAwayKind

# Numbers are from the ranges that are kept for stories, where a country has them.
GIVEN_AWAY = {
    PHONE: [
        *("+44 7700 900123", "+4407700900123", "+1 (415) 555-2671", "+49 (0)30 901820", "+47 412 34 567"),
        *(
            "0049 30 901820",
            "07700 900123",
            "(020) 7946 0958",
            "020 7946 0958",
            "030/901820",
            "0151 12345678",
        ),
        *("06 12 34 56 78", "06.12.34.56.78", "0412 345 678", "03-1234-5678", "(415) 555-2671"),
        *("1-415-555-2671", "415.555.2671", "(11) 91234-5678", "98765 43210", "138 1234 5678", "612 345 678"),
        *("9876543210", "٠١٢٣٤٥٦٧٨٩"),
    ],
    EMAIL: ["rowan.b@example.org", "rowan (at) example (dot) org", "rowan at example dot org"],
    ADDRESS: ["12 Oak Street", "7b St. Mary’s Road", "SW1A 2AA", "Springfield, IL 62704"],
    FULL_NAME: ["Dr Patel", "Prof. A. Jones", "Mrs Smith", "mr Brown", "Dr. Sarah O'Neill"],
}
IN_SENTENCES = {
    "Call me on 412 34 567, any evening.": GiveAway(PHONE, "412 34 567"),
    "my number is 555-1234": GiveAway(PHONE, "555-1234"),
    "Mobile: 12 34 56 78": GiveAway(PHONE, "12 34 56 78"),
    "https://wa.me/447700900123": GiveAway(PHONE, "447700900123"),
    "I take 2 a day. 07700 900123 is mine.": GiveAway(PHONE, "07700 900123"),
    "Hello, my name is Anna Schmidt.": GiveAway(FULL_NAME, "Anna Schmidt"),
    "I'm called Anna van der Berg, and": GiveAway(FULL_NAME, "Anna van der Berg"),
    "My husband's name is John Q. Smith.": GiveAway(FULL_NAME, "John Q. Smith"),
    "my real name is Anna": GiveAway(FULL_NAME, "Anna"),
}
QUIET = [
    # Doses and times.
    *("I take 300 mg at 08.30 12.30 18.30", "0800 1200 1630", "500 250 1000 mg", "2 x 300 mg, 3 x 75 mg"),
    *("0.125 mg", "1000 2000 3000", "300-600-900", "at 22:15 and 06:40", "9876543210 units"),
    # Dates and years.
    *("2024-05-12", "05.12.2024", "12/05/2024 10:30", "01.02.2024–05.03.2024", "2019-2023", "in 1987."),
    # Values.
    *("250 000 platelets", "TSH 2.34, fT4 1.2, CRP 0.5", "120/80 130/85", "pain 3 4 5 6 7 6 5", "T4 12.5"),
    *("C3 and C4, L4 5HT", "steps: 10234 12345 9876", "white cell count 4500000"),
    # Posts, papers and studies.
    *("#1234567890", "[#12](/posts/3451234567)", "NCT01234567", "PMID 12345678", "10.1016/j.2020.12.004"),
    *("https://example.org/07700900123", "ISBN 978-3-16-148410-0"),
    # Helplines are for passing on.
    *("call 116 123", "0800 1111 222", "0808 2000 247", "1-800-273-8255", "988"),
    # First names, which are given to be used, and what only begins like a name.
    *(
        "my name is Anna",
        "call me Anna",
        "my name is not important",
        "@Rowan thanks",
        "Dr Google",
        "I am called",
    ),
    *("5 Miles away", "my MS and my Dr say", "a way, a road, 2 ways"),
]


@pytest.mark.parametrize(("kind", "words"), [(kind, one) for kind in GIVEN_AWAY for one in GIVEN_AWAY[kind]])
def test_what_tells_who_somebody_is_is_seen_in_a_sentence(kind: GiveAwayKind, words: str) -> None:
    assert give_aways(f"That is it:\n{words}\nyes") == (GiveAway(kind, words),)
    assert give_aways(f"(It is {words}.)") == (GiveAway(kind, words),)


@pytest.mark.parametrize("text", IN_SENTENCES)
def test_words_around_tell_what_it_is(text: str) -> None:
    assert give_aways(text) == (IN_SENTENCES[text],)


@pytest.mark.parametrize("text", QUIET)
def test_what_the_community_talks_of_is_passed_over(text: str) -> None:
    assert give_aways(text) == ()
    assert give_aways(f"Since then {text} and so on.") == ()


def test_findings_come_in_order_each_once_and_say_what_they_are() -> None:
    found = give_aways("a@example.org, Dr Patel, 07700 900123 and again a@example.org at 12 Oak Street")
    assert [one.kind for one in found] == [EMAIL, FULL_NAME, PHONE, ADDRESS]
    assert [one.sentence for one in found] == [
        "“a@example.org” looks like an e-mail address.",
        "“Dr Patel” looks like somebody’s real name.",
        "“07700 900123” looks like a phone number.",
        "“12 Oak Street” looks like where somebody lives.",
    ]
    with speaking("en-XA"):
        assert found[0].sentence.startswith("⟦")
    many = [f"a{one}@example.org" for one in range(50)]
    assert len(give_aways(" ".join(many))) == len(give_aways(*many)) == MOST_FOUND
    # Several texts are looked at one by one, and what stands in two of them is said once.
    assert [one.words for one in give_aways("Ask Dr", "Patel", "or Dr Patel", "Dr Patel")] == ["Dr Patel"]


PIECES = [
    "0",
    "1",
    "+",
    "(",
    ")",
    ".",
    "-",
    "/",
    "@",
    "a",
    "A",
    "Dr.",
    "call me",
    "my name is",
    "at",
    "dot",
    "Street",
]


@limits(max_examples=200)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3)))
def test_whatever_is_written_the_words_found_stand_in_it(parts: list[str]) -> None:
    text = " ".join(parts)
    for one in give_aways(text):
        assert one.words in " ".join(text.split())


def _patterns() -> Iterator[re.Pattern[str]]:
    for value in vars(pseudonymity).values():
        if isinstance(value, re.Pattern):
            yield value
        elif isinstance(value, tuple):
            yield from (one for one in value if isinstance(one, re.Pattern))
            yield from (one[0] for one in value if isinstance(one, tuple) and isinstance(one[0], re.Pattern))


def test_no_pattern_repeats_without_end() -> None:
    # This is what keeps it in proportion to the text. An address in full is the exception: each of its characters is
    # looked at once, since what it ends with is whatever stops it.
    patterns = list(_patterns())
    assert len(patterns) > 15
    for pattern in patterns:
        endless = re.sub(r"\\.|\[[^]]*\]", "x", pattern.pattern.replace(r"https?://(?!wa\.me/)\S+", ""))
        assert not re.search(r"[*]|(?<!\\)[+]", endless), pattern.pattern
        assert not re.search(r"\{\d+,\}", endless), pattern.pattern


HOSTILE = [
    *(
        "0",
        "+1",
        "(0",
        "1 ",
        "+",
        "@",
        "a.",
        "a@a.",
        "Dr ",
        "Dr A ",
        "A ",
        "my name is ",
        "my a ",
        "1 A",
        "1 Aa ",
        "12/",
    ),
    *(
        "call me ",
        "tel. ",
        "http://",
        "1.1.",
        "van ",
        " at ",
        "A at a dot ",
        "a (at) ",
        "SW1A ",
        "１",
        "\u00a0",
        "é",
    ),
]


def test_twenty_thousand_hostile_characters_find_at_most_a_few() -> None:
    for piece in HOSTILE:
        assert len(give_aways(piece * (20_000 // len(piece)))) <= MOST_FOUND
