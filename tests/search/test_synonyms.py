"""Other words for the same: ours and the operator's, in the reader's language, and not within quotation marks."""

from pathlib import Path

import pytest

from forum.search.engine import Phrase
from forum.search.sought import sought
from forum.search.synonyms import FILE_NAME, Synonyms, WrongSynonyms, load
from forum.search.syntax import read
from forum.text.translate import speaking

GROUPS = Synonyms(
    {"en": (("pain pump", "intrathecal implant"), ("pins and needles", "tingling"), ("fibro", "FMS"))}
)


def meant(query: str, synonyms: Synonyms = GROUPS) -> list[set[Phrase]]:
    """Return as what each of the words may be found."""
    return [set(term.any_of) for term in sought(read(query).pieces, synonyms).words.terms]


def test_each_of_several_words_may_be_found_as_what_they_mean_together() -> None:
    implant = ("intrathec", "implant")
    assert meant("Pain PUMPS refill") == [{("pain",), implant}, {("pump",), implant}, {("refil",)}] or meant(
        "Pain PUMPS refill"
    ) == [{("pain",), implant}, {("pump",), implant}, {("refill",)}]
    assert meant("tingling") == [{("tingl",), ("pin", "and", "needl")}]
    # The little word goes, and what it helped to mean stays.
    assert meant("pins and needles") == [{("pin",), ("tingl",)}, {("needl",), ("tingl",)}]
    assert meant("pain-pump") == [{("pain", "pump"), implant}]


def test_quotation_marks_and_other_orders_mean_what_they_say() -> None:
    assert meant('"pain pump"') == [{("pain", "pump")}]
    assert meant("pump pain") == [{("pump",)}, {("pain",)}]
    assert sought(read("-fibro x").pieces, GROUPS).words.without == (("fibro",),)


def test_groups_hold_for_their_language_and_for_ours() -> None:
    both = Synonyms({"en": (("fibro", "FMS"),), "de": (("Schub", "Krise"),)})
    assert meant("Schub", both) == [{("schub",)}]
    with speaking("de"):
        assert ("kris",) in meant("Schub", both)[0]
        assert ("fms",) in meant("fibro", both)[0]


def test_the_operators_file_adds_to_ours(tmp_path: Path) -> None:
    assert ("intrathec", "implant") in load(tmp_path).others(("pain", "pump"), "en-GB")
    (tmp_path / FILE_NAME).write_text('[en]\ngroups = [["pain pump", "Quokka device"]]\n')
    assert {("quokka", "devic"), ("intrathec", "implant")} <= set(
        load(tmp_path).others(("pain", "pump"), "en")
    )


@pytest.mark.parametrize(
    "written",
    [
        "[en",
        "groups = 1",
        "[en]\ngroups = [['one']]",
        "[en]\ngroups = [['one', 2]]",
        "[en]\ngroup = []",
        "[en]\ngroups = [['one', '']]",
    ],
)
def test_a_file_that_cant_be_read_is_named(tmp_path: Path, written: str) -> None:
    (tmp_path / FILE_NAME).write_text(written)
    with pytest.raises(WrongSynonyms, match=FILE_NAME):
        load(tmp_path)


def test_no_name_of_ours_is_lost() -> None:
    """Every name has words, and leads to the others of its group unless they are the same words."""
    ours = load()
    for group in ours.groups["en"]:
        assert len({tuple(name.casefold().split()) for name in group}) == len(group)
        found = meant(f"{group[0]}", ours)
        assert any(len(term) > 1 for term in found), group
