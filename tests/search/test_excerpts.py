"""What is shown of what was found: the part with the words, these marked, and nothing that would not be shown."""

from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from forum.search.excerpts import LEAD_IN, LONGEST_EXCERPT, excerpt, marked
from forum.text.markdown import render_post

FAR = "Some words that fill a line. " * 40


def test_words_are_marked_in_any_form_and_phrases_as_one() -> None:
    shown = excerpt("<p>The Flares, they come at night; flare.</p>", "en", [("flare",), ("at", "night")])
    assert shown == "The <mark>Flares</mark>, they come <mark>at night</mark>; <mark>flare</mark>."
    assert marked("Ärger & more", "en", [("arger",)]) == "<mark>Ärger</mark> &amp; more"
    assert marked("Knees <b>", "en", []) == "Knees &lt;b&gt;"


def test_the_part_with_the_most_different_words_is_shown() -> None:
    html = f"<p>Pump, pump, pump.</p><p>{FAR}</p><p>My pump and its refill.</p><p>{FAR}</p>"
    shown = excerpt(html, "en", [("pump",), ("refil",), ("refill",)])
    assert "My <mark>pump</mark> and its <mark>refill</mark>." in shown
    assert shown.startswith("… ")
    assert shown.endswith(" …")


def test_without_a_hit_the_beginning_is_shown() -> None:
    shown = excerpt(f"<p>It begins so. {FAR}</p>", "en", [("pump",)])
    assert shown.startswith("It begins so.")
    assert len(shown) <= LONGEST_EXCERPT + len(" …")
    assert excerpt("", "en", [("pump",)]) == ""


def test_nobody_is_named_and_nobody_quoted() -> None:
    shown = excerpt("<p>[[quote 1]]</p><p>Thank you, [[mention 2]]. A pump?</p>", "en", [("pump",)])
    assert shown == "Thank you, @a member. A <mark>pump</mark>?"
    # What reads like a slot, and is none where the post is shown, stays as it was typed.
    typed = render_post("[*[mention 1]]* &amp; \\[&nbsp;[[quote 2]], a pump").html
    shown = excerpt(typed, "en", [("pump",)])
    assert "[[mention 1]] &amp; [" in shown
    assert "[[quote 2]], a <mark>pump</mark>" in shown


def test_markup_of_posts_is_gone_and_signs_stay_signs() -> None:
    shown = excerpt("<p>1 &lt; 2 <strong>pump</strong><br>next</p>", "en", [("pump",)])
    assert shown == "1 &lt; 2 <mark>pump</mark> next"


@given(st.text(max_size=600), st.lists(st.sampled_from(["a", "pump", "b"]), max_size=3))
def test_excerpts_are_parts_of_what_was_written(text: str, forms: list[str]) -> None:
    shown = excerpt(f"<p>{Markup.escape(text)}</p>", "en", [(form,) for form in forms])
    assert len(shown.striptags()) <= LONGEST_EXCERPT + LEAD_IN + len("… ") + len(" …")
    rest = str(shown).replace("<mark>", "").replace("</mark>", "")
    assert "<" not in rest
