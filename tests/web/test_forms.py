"""Forms that are strict: what the page didn't have is no accident, and what is wrong gets its sentence."""

import pytest
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Form, IntegerField, SelectMultipleField, StringField, validators

from forum.errors import Invalid, Malformed
from forum.web.forms import check_form, show_refusal


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
