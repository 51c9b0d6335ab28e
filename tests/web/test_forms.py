"""Forms that are strict: what the page didn't have is no accident, and what is wrong gets its sentence."""

import importlib
import pkgutil
from functools import partial

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Form, IntegerField, SelectMultipleField, StringField, validators

import forum
from forum.database.session import Database
from forum.errors import Invalid, Malformed
from forum.moderation.forms.deciding import ReasonedForm
from forum.permissions.actions import Action
from forum.web.forms import check_form, show_refusal
from tests import cast
from tests.moderation.conftest import make_room
from tests.moderation.threads import decide, make_thread
from tests.pages import read_page


class _TrialForm(Form):
    name = StringField(
        validators=[validators.InputRequired("Say a name."), validators.Length(max=5, message="Shorter.")]
    )
    age = IntegerField(validators=[validators.Optional()])
    agreed = BooleanField()
    rooms = SelectMultipleField(choices=["a", "b"])  # type: ignore[list-item]  # Its stubs are older than it is.


def checked(*given: tuple[str, str]) -> _TrialForm:
    data: MultiDict[str, str] = MultiDict(given)
    return check_form(_TrialForm(data), data)


def test_what_is_right_comes_back() -> None:
    form = checked(("name", "Wren"), ("agreed", "y"), ("csrf_token", "x"))
    assert (form.name.data, form.agreed.data, form.age.data) == ("Wren", True, None)


@pytest.mark.proves("W5")
@pytest.mark.parametrize(
    "extra",
    [
        ("role", "administrator"),
        ("member_id", "1"),
        ("Name", "Wren"),
        ("name[]", "Wren"),
        ("name-0", "Wren"),
        ("validate", "x"),
        ("_fields", "x"),
        ("", ""),
    ],
)
def test_an_unknown_field_is_malformed(extra: tuple[str, str]) -> None:
    with pytest.raises(Malformed):
        checked(("name", "Wren"), extra)


@pytest.mark.proves("W5")
@pytest.mark.parametrize("name", ["name", "agreed", "age", "csrf_token"])
def test_a_field_that_comes_twice_is_malformed(name: str) -> None:
    with pytest.raises(Malformed):
        checked(("name", "Wren"), (name, "1"), (name, "1"))


def test_a_field_that_takes_several_may_come_more_than_once() -> None:
    assert checked(("name", "Wren"), ("rooms", "a"), ("rooms", "b")).rooms.data == ["a", "b"]


@pytest.mark.proves("W5")
def test_a_strange_form_is_malformed_even_if_it_is_wrong_as_well() -> None:
    with pytest.raises(Malformed):
        checked(("role", "administrator"))


@pytest.mark.parametrize("wrong", ["\x00", "a\x00b", "\x1b[2J", "a\x7f", "\udcff"])
@pytest.mark.parametrize("name", ["name", "rooms"])
def test_what_is_no_writing_is_malformed(name: str, wrong: str) -> None:
    given = {"name": "Wren"} | {name: wrong}
    with pytest.raises(Malformed):
        checked(*given.items())


def test_the_ends_of_lines_are_writing() -> None:
    assert checked(("name", "a\r\n\tb")).name.data == "a\r\n\tb"


def every_form() -> list[type[Form]]:
    """Return all forms of the software but those that only others are made from."""
    for module in pkgutil.walk_packages(forum.__path__, "forum."):
        if "forms" in module.name.split("."):
            importlib.import_module(module.name)

    def below(form: type[Form]) -> set[type[Form]]:
        return {form}.union(*(below(child) for child in form.__subclasses__()))

    return sorted(
        (
            form
            for form in below(Form)
            if form.__module__.startswith("forum.") and not form.__name__.startswith("_")
        ),
        key=lambda form: (form.__module__, form.__qualname__),
    )


def test_all_forms_are_found() -> None:
    assert {"TopicForm", "MoveForm", "SuspendForm", "JoinForm", "SettingsForm", "ReadingForm"} <= {
        form.__name__ for form in every_form()
    }


@pytest.mark.parametrize("kind", every_form(), ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_no_form_lets_through_what_a_database_cannot_store(kind: type[Form]) -> None:
    # A form of reasons belongs to an action.
    make = partial(kind, Action.POST_HIDE) if issubclass(kind, ReasonedForm) else kind
    for name in make()._fields:
        given = MultiDict({name: "a\x00b"})
        form = make(given)
        refused = False
        try:
            check_form(form, given)
        except Malformed:
            refused = True
        except Invalid:
            # Other fields are missing.
            pass
        # Either a filter of the field's own took it out, or the whole form is refused.
        assert refused or "\\x00" not in repr(form._fields[name].data), name


@pytest.mark.parametrize("name", ["category", "intent", "audience"])
def test_a_topic_with_a_choice_that_cannot_be_stored_is_refused(
    app: Flask, database: Database, name: str
) -> None:
    make_room(database, "flares-today")
    rowan = cast.author(app)
    form = read_page(rowan.client.get("/topics/new").text).one("form", action="/topics/new")
    hidden = form.all("input", type="hidden")
    given = {one.attributes["name"]: one.attributes.get("value", "") for one in hidden} | {
        "title": "A title",
        "text": "Words.",
        "intent": "just-listen",
        "audience": "members",
        "category": "flares-today",
        "content_note": "",
    }
    assert rowan.client.post("/topics/new", data=given | {name: "a\x00b"}).status_code == 400
    assert rowan.client.post("/topics/new", data=given).status_code == 303


@pytest.mark.parametrize("step", ["preview", "act"])
def test_a_move_to_a_category_that_cannot_be_stored_is_refused(
    app: Flask, database: Database, step: str
) -> None:
    thread = make_thread(app, database)
    morgan = cast.moderator(app, "Morgan")
    assert decide(morgan.client, f"{thread.desk}/move", step, category="a\x00b").status_code == 400


def test_every_wrong_field_gets_one_sentence() -> None:
    with pytest.raises(Invalid) as refusal:
        checked(("name", "Wren with a name"), ("age", "old"))
    assert refusal.value.fields == {"name": "Shorter.", "age": "Not a valid integer value."}
    with pytest.raises(Invalid) as refusal:
        checked()
    assert refusal.value.fields == {"name": "Say a name."}


def test_a_refusal_from_a_command_is_shown_beside_its_fields() -> None:
    form = _TrialForm(MultiDict({"name": "Wren"}))
    show_refusal(form, Invalid({"name": "Somebody has that name.", "other": "Nowhere to show."}))
    assert list(form.name.errors) == ["Somebody has that name."]
    assert form.name.data == "Wren"
