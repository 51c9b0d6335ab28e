"""The colours of the style sheet: dark ones that stand twice are the same, and words can be read in every theme."""

import re
from pathlib import Path

import pytest

from forum.web import static_files

SHEET = (Path(static_files.__file__).parent / "static" / "alongside.css").read_text()
SELECTORS = {
    "light": '[data-theme="light"] {',
    "dark": '[data-theme="dark"] {',
    "dim": '[data-theme="dim"] {',
    "dark by itself": ":root:not([data-theme]) {",
}

# Words on what lies under them, as the rules of the sheet put them together.
GROUNDS = ("paper", "surface", "sunken", "accent-soft", "warm-soft", "kind-soft", "good-soft")
PAIRS = [
    *(("ink", ground) for ground in GROUNDS),
    *(("ink-soft", ground) for ground in ("paper", "surface", "sunken")),
    *((link, ground) for link in ("accent", "accent-deep") for ground in GROUNDS),
    *(
        (own, ground)
        for own in ("warm", "kind", "good")
        for ground in (f"{own}-soft", "paper", "surface", "sunken")
    ),
    ("fill-ink", "fill"),
    ("fill-ink", "fill-deep"),
    ("paper", "ink"),
]
READING = [("ink", "paper"), ("ink", "surface")]
# Edges of what can be pressed or written in, and the ring around what has the focus (WCAG 1.4.11).
EDGES = [(edge, ground) for edge in ("edge", "focus", "accent", "warm") for ground in ("paper", "surface")]


def tokens(theme: str) -> dict[str, str]:
    """Return the colours of a theme by name."""
    _before, _selector, rest = SHEET.partition(SELECTORS[theme])
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})\b", rest.partition("}")[0]))


def luminance(colour: str) -> float:
    """Return the relative luminance of ``#rrggbb`` as WCAG defines it."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def too_faint(theme: str, pairs: list[tuple[str, str]], least: float) -> dict[tuple[str, str], float]:
    colours = tokens(theme)
    found = {pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2) for pair in pairs}
    return {pair: ratio for pair, ratio in found.items() if ratio < least}


def test_the_dark_colours_are_the_same_chosen_or_by_the_system() -> None:
    assert len(tokens("dark")) > 20
    assert tokens("dark by itself") == tokens("dark")


def test_every_theme_has_every_colour() -> None:
    assert tokens("light").keys() == tokens("dark").keys() == tokens("dim").keys()


@pytest.mark.parametrize("theme", ["light", "dark", "dim"])
def test_all_words_can_be_read(theme: str) -> None:
    assert too_faint(theme, PAIRS, 4.5) == {}


@pytest.mark.parametrize("theme", ["light", "dark", "dim"])
def test_what_is_for_reading_has_more_contrast(theme: str) -> None:
    assert too_faint(theme, READING, 7) == {}


@pytest.mark.parametrize("theme", ["light", "dark", "dim"])
def test_edges_and_the_focus_can_be_seen(theme: str) -> None:
    assert too_faint(theme, EDGES, 3) == {}


def test_contrast_is_what_wcag_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def rules() -> str:
    """Return what comes after the tokens, up to print, which is black on white and has a size of its own."""
    return SHEET.partition("/* --- type */")[2].partition("@media print")[0]


def declared(name: str, text: str) -> set[str]:
    """Return the values that a property is given."""
    return {value.strip() for value in re.findall(rf"[{{;\s]{name}:\s*([^;}}]+)", text)}


def test_no_rule_has_a_colour_of_its_own() -> None:
    assert len(rules()) > 10_000
    assert (
        re.findall(r"#[0-9a-f]{3,8}\b|rgb|hsl|oklch|(?<![-\w])(?:white|black|gr[ae]y)(?![-\w])", rules())
        == []
    )


def test_no_rule_has_a_size_of_type_of_its_own() -> None:
    sizes = declared("font-size", rules()) | {
        re.sub(r"^(?:\d+ )?([^/ ]+(?: \* [^/ ]+)?).*", r"\1", value) for value in declared("font", rules())
    }
    assert "var(--small)" in sizes
    # Code is a little smaller than the words around it, whatever their size; a word that only speaks has none.
    own = {"100%", "inherit", ".92em", "0", "calc(var(--bar) * 1.13)"}
    assert {size for size in sizes if not re.fullmatch(r"var\(--[a-z0-9]+\)", size)} <= own


def test_no_rule_has_a_line_of_its_own_colour() -> None:
    lines = [value for name in ("border", "outline") for value in declared(name, rules())]
    assert [
        value for value in lines if re.search(r"solid (?!var|CanvasText|Highlight|transparent)\S", value)
    ] == []


def test_every_token_is_used_and_every_one_used_is_there() -> None:
    there = set(re.findall(r"(--[a-z0-9-]+):", SHEET))
    used = set(re.findall(r"var\((--[a-z0-9-]+)", SHEET))
    assert used - there == set()
    assert there - used == set()


def test_larger_words_are_larger_in_every_size_of_the_scale() -> None:
    scale = SHEET.partition("--scale: 1;")[2].partition("}")[0]
    sizes = re.findall(r"--([a-z0-9]+): calc\(", scale)
    assert {"tiny", "small", "text", "reading", "lead", "bar", "h1", "h2"} <= set(sizes)
    assert re.findall(r'\[data-size="(\w+)"\] \{ --scale: ([\d.]+); \}', SHEET) == [
        ("larger", "1.2"),
        ("largest", "1.45"),
    ]


def test_the_sheet_stays_small() -> None:
    assert len(SHEET.encode()) <= 29_000
