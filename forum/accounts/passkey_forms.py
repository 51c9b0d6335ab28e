"""The forms of passkeys. What a device made is text here; whether it holds is not said here."""

from werkzeug.datastructures import MultiDict
from wtforms import Form, HiddenField, StringField

from forum.accounts.models import SignInPurpose
from forum.errors import Malformed
from forum.text.translate import lazy_gettext
from forum.web.forms import check_form


class OptionsForm(Form):
    """What a device is to be asked for."""

    purpose = HiddenField()


class UsePasskeyForm(Form):
    """A passkey that was used: to log in, or to show that it is still they."""

    purpose = HiddenField()
    next = HiddenField()
    credential = HiddenField()


class AddPasskeyForm(Form):
    """A passkey that was just made; empty while none was."""

    credential = HiddenField()


class PasskeyNameForm(Form):
    """What a member calls a passkey."""

    name = StringField(lazy_gettext("What you call it"))


def parse_options(given: MultiDict[str, str]) -> SignInPurpose:
    """Return what a passkey is wanted for. Raises Malformed."""
    return _purpose(check_form(OptionsForm(given), given).purpose.data)


def parse_use(given: MultiDict[str, str]) -> tuple[SignInPurpose, str, str]:
    """Return what a passkey was used for, where the person is going, and what the device made. Raises Malformed."""
    form = check_form(UsePasskeyForm(given), given)
    purpose = _purpose(form.purpose.data)
    if purpose is SignInPurpose.ADD:
        raise Malformed
    return purpose, form.next.data or "", form.credential.data or ""


def _purpose(word: str | None) -> SignInPurpose:
    try:
        return SignInPurpose(word or "")
    except ValueError:
        raise Malformed from None
