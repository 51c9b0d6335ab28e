"""The map from requirements to tests: whole, up to date, and no mark gets lost without anybody noticing."""

import pytest

from tests import requirements
from tests.requirements import Section

# Every id of these has a test. A34 was never given; P5 went.
SIGN_IN = [f"A{number}" for number in range(1, 46) if number != 34]
WITHOUT_CREDENTIALS = ["P1", "P2", "P3", "P4", "P6"]


def test_the_requirements_document_is_up_to_date() -> None:
    assert requirements.DOCUMENT.read_text() == requirements.as_markdown(), "Run make docs."


def test_every_requirement_of_sign_in_is_there_and_has_a_test() -> None:
    by_name = {section.name: section for section in requirements.sections()}
    proven = requirements.proofs()
    for name, ids in (("Sign-in", SIGN_IN), ("Trying it without credentials", WITHOUT_CREDENTIALS)):
        assert list(by_name[name].lines) == ids
        assert by_name[name].open == by_name[name].partly == {}
        assert [one for one in ids if not proven[one]] == []


def test_every_other_one_has_a_test_or_says_why_not() -> None:
    assert requirements.contradictions() == []


def test_a_reason_is_a_sentence() -> None:
    reasons = [
        reason
        for section in requirements.sections()
        for reason in [*section.open.values(), *section.partly.values()]
    ]
    assert [reason for reason in reasons if len(reason.split()) < 4 or "|" in reason] == []


# --- the walkers see what they look for ------------------------------------------------------------------


def test_an_unknown_requirement_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    few = [Section("Sign-in", {"A1": "Something."}, {}, {})]
    monkeypatch.setattr(requirements, "sections", lambda: few)
    with pytest.raises(requirements.UnknownRequirement):
        requirements.proofs()


WHY = {"A1": "it comes later"}


@pytest.mark.parametrize(
    ("proven", "is_open", "partly", "said"),
    [
        ([], {}, {}, ["A1 has no test, and requirements.toml doesn't say why."]),
        ([], WHY, {}, []),
        (["t.py::test_it"], {}, {}, []),
        (["t.py::test_it"], {}, WHY, []),
        (["t.py::test_it"], WHY, {}, ["A1 is said to be open, and t.py::test_it proves it."]),
        ([], WHY, WHY, ["A1 is said to be there in part, and has no test."]),
        ([], {**WHY, "A2": "why"}, {}, ["A2 has a reason, and is no requirement."]),
    ],
)
def test_a_lost_mark_and_a_stale_reason_are_seen(
    monkeypatch: pytest.MonkeyPatch,
    proven: list[str],
    is_open: dict[str, str],
    partly: dict[str, str],
    said: list[str],
) -> None:
    only = [Section("Some", {"A1": "Something."}, is_open, partly)]
    monkeypatch.setattr(requirements, "sections", lambda: only)
    monkeypatch.setattr(requirements, "proofs", lambda: {"A1": proven})
    assert requirements.contradictions() == said


def test_the_document_says_what_is_open_and_what_is_there_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = {"A1": "One.", "A2": "Two.", "A3": "Three."}
    only = [Section("Some", lines, {"A1": "it comes later"}, {"A2": "half of it"})]
    monkeypatch.setattr(requirements, "sections", lambda: only)
    monkeypatch.setattr(requirements, "proofs", lambda: {"A1": [], "A2": ["t::a"], "A3": ["t::a", "t::b"]})
    written = requirements.as_markdown()
    assert "2 of 3 have a test" in written
    assert written.splitlines()[-3:] == [
        "| A1 | One. | open: it comes later |",
        "| A2 | Two. | `t::a`<br>in part: half of it |",
        "| A3 | Three. | `t::a`<br>`t::b` |",
    ]


def test_marks_are_read_from_functions_parameters_and_modules() -> None:
    source = (
        "pytestmark = pytest.mark.proves('A1')\n"
        "@pytest.mark.proves('A2', 'A3')\n"
        "@pytest.mark.parametrize('x', [pytest.param(1, marks=pytest.mark.proves(i)) for i in ['A4']])\n"
        "def test_it(): ...\n"
    )
    assert list(requirements.marks_in(source, "t.py")) == [
        ("A1", "t.py"),
        ("A2", "t.py::test_it"),
        ("A3", "t.py::test_it"),
        ("A4", "t.py::test_it"),
    ]
