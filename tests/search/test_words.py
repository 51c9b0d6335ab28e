"""What a word is: the same however it is typed, at its place in the text, and never anything else than a word."""

import sqlite3
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.search.words import LONGEST_WORD, forms_of, words_of
from tests.threads import together

# As the migration makes it.
TOKENIZER = "unicode61 remove_diacritics 0 categories 'L* M* N* P* S* C*'"


@pytest.mark.parametrize(
    ("locale", "spellings"),
    [
        ("en", ["pains", "Pain", "PAIN", "ｐａｉｎ", "pa\u00adin", "paín", "pain's"]),
        ("en", ["o'clock", "O’Clock", "oʼclock", "oclock", "o＇clock"]),
        ("en-GB", ["running", "runs", "run"]),
        ("de", ["Rückenschmerzen", "RUCKENSCHMERZ", "Rueckenschmerzen", "Ru\u0308ckenschmerzen"]),
        ("de", ["Straße", "STRASSE"]),
        ("fr", ["œuvre", "oeuvre", "Œuvres"]),
        ("vi", ["đau", "ĐAU", "dau"]),
        ("ar", ["مُزْمِن", "مزمن", "مـزمن"]),
        ("fa", ["می\u200cخواهم", "میخواهم"]),
        ("he", ["כְּאֵב", "כאב"]),
        ("ja", ["ガ", "ｶﾞ", "カ\u3099"]),
        ("ko", ["통증", "\u1110\u1169\u11bc\u110c\u1173\u11bc"]),
        ("ru", ["ёлка", "Елки"]),
        ("el", ["πόνος", "ΠΟΝΟΣ", "πονος"]),
        ("xx", ["2024", "٢٠٢٤", "２０２４", "२०२४"]),
        ("xx", ["x2", "x²"]),
    ],
)
def test_a_word_is_the_same_however_it_is_typed(locale: str, spellings: list[str]) -> None:
    forms = {tuple(forms_of(spelling, locale)) for spelling in spellings}
    assert len(forms) == 1
    assert len(forms.pop()) == 1


@pytest.mark.parametrize(
    ("locale", "one", "other"),
    [
        ("hi", "दर्द", "दरद"),
        ("ru", "йод", "иод"),
        ("en", "l5s1", "l5"),
        ("xx", "pains", "pain"),
        ("en", "2s", "2"),
    ],
)
def test_what_is_another_word_stays_another(locale: str, one: str, other: str) -> None:
    assert forms_of(one, locale) != forms_of(other, locale)


def test_words_know_where_they_stand() -> None:
    text = "«Ça, d’accord» — l5_s1: 慢性ｶﾞ, ที่นี่ 1️⃣ (naïve)😀"
    found = [(text[word.begins : word.ends], word.form) for word in words_of(text, "xx")]
    assert found == [
        ("Ça", "ca"),
        ("d’accord", "daccord"),
        ("l5", "l5"),
        ("s1", "s1"),
        ("慢", "慢"),
        ("性", "性"),
        ("ｶﾞ", "ガ"),
        ("ที่", "ที่"),
        ("นี่", "นี่"),
        ("1️⃣", "1"),
        ("naïve", "naive"),
    ]


@pytest.mark.parametrize(
    "nothing",
    ["", "   ", '"', "'", "-", "😀🧡", "\u0301", "\x00", "___", "...", "\u200d\ufe0f", "*:^()[]{}<>&|!\\"],
)
def test_what_has_no_letters_has_no_words(nothing: str) -> None:
    assert words_of(nothing, "en") == []


@given(st.text(max_size=60), st.sampled_from(["en", "de", "ar", "hi", "ja", "tr", "xx"]))
def test_words_are_letters_digits_and_marks_alone(text: str, locale: str) -> None:
    before = 0
    for word in words_of(text, locale):
        assert 1 <= len(word.form) <= LONGEST_WORD
        assert {unicodedata.category(character)[0] for character in word.form} <= set("LMN")
        assert before <= word.begins < word.ends <= len(text)
        before = word.begins
    # Whoever types what they see finds it: letters joined to marks, or apart.
    assert forms_of(unicodedata.normalize("NFC", text), locale) == forms_of(
        unicodedata.normalize("NFD", text), locale
    )


def test_sqlite_parts_and_changes_no_word() -> None:
    # It has its own idea of letters, of an older Unicode; a word that it changed would be found there alone.
    numbers = [*range(0x3500), *range(0x9F00, 0xAC20), *range(0xD700, 0x20000), *range(0xE0100, 0xE01F0)]
    tried = [
        character for character in map(chr, numbers) if not unicodedata.category(character).startswith("C")
    ]
    forms = {form for one in tried for form in forms_of(f"a{one} {one}", "xx")}
    assert len(forms) > 30_000
    ours = sqlite3.connect(":memory:")
    ours.execute(f'CREATE VIRTUAL TABLE words USING fts5(form, tokenize = "{TOKENIZER}")')
    ours.execute("CREATE VIRTUAL TABLE seen USING fts5vocab(words, row)")
    ours.executemany("INSERT INTO words (form) VALUES (?)", [(form,) for form in forms])
    assert {term for (term,) in ours.execute("SELECT term FROM seen")} == forms
    ours.close()


def test_many_threads_find_the_same_words() -> None:
    # A stemmer keeps what it is working on in itself.
    words = [f"{chr(97 + n % 26)}{chr(97 + n // 26)}sleeping" for n in range(600)]
    found = together(4, lambda _number: [forms_of(word, "en") for word in words])
    assert all(one == [[word.removesuffix("ing")] for word in words] for one in found)
