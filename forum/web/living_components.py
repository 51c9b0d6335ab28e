"""A page that shows every component in every state, for those who build the forum. Only a demo serves it.

It draws with the macros and the style sheet that the forum's own pages use; a state is forced by a class that
stands in the same rule as the browser's own (``:is(:hover, .hover)``), so what it shows can't differ from them. The
words are specimens in plain English, not for translators. Which start registers it is decided in ``create_app``.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Blueprint, Response, request
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from wtforms import Field, Form, RadioField, StringField, TextAreaField
from wtforms.validators import ValidationError

from forum.web import static_files
from forum.web.access import public
from forum.web.reading import CHOICES
from forum.web.rendering import render

web = Blueprint("web", __name__)

ADDRESS = "/demo/components"
STATES = ("hover", "focus", "pressed")
# Each has a part of the page: what a template may import, and the tokens.
PARTS = (
    "tokens",
    "button",
    "chip",
    "panel",
    "notice",
    "banner",
    "empty_state",
    "preview",
    "field",
    "choice",
    "reaction",
    "confirm",
    "search_box",
    "filters",
    "key_facts",
    "log_entry",
    "tabs",
    "crumbs",
    "page_numbers",
    "topic_row",
    "reply_line",
    "watch",
    "post",
    "jumps",
    "quote",
    "evidence",
    "face",
    "icon",
)
_SHEET = static_files.FOLDER / "alongside.css"
_A_DAY = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Token:
    """A custom property of the style sheet."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of a theme."""

    theme: str
    colours: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class Option:
    """Something to choose: also what a topic asks for."""

    value: str
    label: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class TopicSpecimen:
    """What a topic row draws."""

    title: str
    address: str = ADDRESS
    category_name: str = "Flares today"
    category_address: str = ADDRESS
    author_name: str | None = "Juniper"
    author_face: str = "juniper"
    intent: Option = Option("experiences", "Experiences")
    content_note: str = ""
    reply_count: int = 0
    waiting: bool = False
    last_activity_at: datetime = _A_DAY
    pinned: bool = False
    locked: bool = False


@dataclass(frozen=True, slots=True)
class PostSpecimen:
    """What a post draws."""

    number: int
    body: Markup | None
    author_name: str | None = "Juniper"
    author_face: str = "juniper"
    author_role_label: str = ""
    author_id: int | None = None
    edited_at: datetime | None = None
    gone_line: str = "This post isn't here any more."
    moved_to: None = None
    written_at: datetime = _A_DAY
    address: str = ADDRESS

    @property
    def anchor(self) -> str:
        """Return the name of its place on the page."""
        return f"post-{self.number}"


class SpecimenForm(Form):
    """One field of each kind. It takes nothing: sent empty, each of them is wrong."""

    line = StringField("One line")
    text = TextAreaField("Several lines")
    room = StringField("A choice from a list")
    way = RadioField("One of a few", validate_choice=False)

    def validate_line(self, _field: Field) -> None:
        """Refuse, to show what that looks like."""
        raise ValidationError("Say in a few words what it is about.")

    validate_text = validate_room = validate_way = validate_line


@dataclass(frozen=True, slots=True)
class ComponentsPage:
    """The components in one theme, and the tokens that they are made of."""

    address: str
    theme: str
    # Words and address of each theme, and the address of this one.
    themes: tuple[tuple[str, str], ...]
    current: str
    # Anchor and words of each part.
    parts: tuple[tuple[str, str], ...]
    states: tuple[str, ...]
    palettes: tuple[Palette, ...]
    scale: tuple[Token, ...]
    form: SpecimenForm
    wrong: SpecimenForm
    # The same form once more for each state, so that no two fields share an id.
    shown: dict[str, SpecimenForm]
    options: tuple[Option, ...]
    topics: tuple[TopicSpecimen, ...]
    posts: tuple[PostSpecimen, ...]
    moment: datetime
    words: str = "One or two plain sentences. They say what happens next."


@web.get(ADDRESS)
@public
def components_page() -> Response:
    """Show the components in the theme that is asked for."""
    asked = request.args.get("theme", "")
    theme = asked if asked in CHOICES["theme"] else "light"
    wrong = SpecimenForm(MultiDict(), prefix="wrong-")
    wrong.validate()
    page = ComponentsPage(
        address=ADDRESS,
        theme=theme,
        themes=tuple((name, f"{ADDRESS}?theme={name}") for name in CHOICES["theme"]),
        current=f"{ADDRESS}?theme={theme}",
        parts=tuple((name, name) for name in PARTS),
        states=STATES,
        palettes=_palettes(),
        scale=_tokens(":root {", r"[^;]+"),
        form=SpecimenForm(data={"way": "one"}),
        wrong=wrong,
        shown={state: SpecimenForm(prefix=f"{state}-") for state in (*STATES, "disabled")},
        options=(Option("one", "The first way", "What it means."), Option("two", "The second way")),
        topics=_topics(),
        posts=_posts(),
        moment=_A_DAY,
    )
    return render("web/components_page.html", page)


def _palettes() -> tuple[Palette, ...]:
    return tuple(
        Palette(theme, _tokens(f'[data-theme="{theme}"] {{', r"#[0-9a-f]{6}")) for theme in CHOICES["theme"]
    )


def _tokens(selector: str, value: str) -> tuple[Token, ...]:
    """Return the custom properties that the first rule with this selector sets, in their order."""
    rule = _SHEET.read_text().partition(f"\n{selector}")[2] or _SHEET.read_text().partition(selector)[2]
    return tuple(
        Token(*found) for found in re.findall(rf"(--[a-z0-9-]+): ({value});", rule.partition("}")[0])
    )


def _topics() -> tuple[TopicSpecimen, ...]:
    return (
        TopicSpecimen(
            "A topic with everything a row can say", content_note="surgery", pinned=True, reply_count=12
        ),
        TopicSpecimen(
            "One that waits for a first reply", intent=Option("just-listen", "Just listen"), waiting=True
        ),
        TopicSpecimen(
            "One by somebody who left, and closed",
            author_name=None,
            author_face="",
            intent=Option("good-news", "Good news"),
            locked=True,
            reply_count=1,
        ),
        TopicSpecimen("A row with the pointer on it", intent=Option("information", "Information")),
    )


def _posts() -> tuple[PostSpecimen, ...]:
    words = Markup(
        "<p>Words as they are read, in lines of at most 66 letters or so, with room between them.</p>"
        "<blockquote><p>What somebody said before.</p></blockquote>"
    )
    return (
        PostSpecimen(1, words, author_role_label="Peer supporter, not a clinician", edited_at=_A_DAY),
        PostSpecimen(2, None),
    )
