"""What somebody sends with a picture: the file, as bytes that nobody looked at yet, and what can be seen on it."""

from dataclasses import dataclass, field

from werkzeug.datastructures import FileStorage, MultiDict
from wtforms import Field, FileField, Form, StringField
from wtforms.validators import ValidationError

from forum.community.models.images import LONGEST_ALT
from forum.errors import Malformed
from forum.text.plain import tidy_line
from forum.text.translate import gettext as _
from forum.text.translate import lazy_gettext
from forum.web.forms import check_form


class PictureForm(Form):
    """A picture for a draft."""

    picture = FileField(lazy_gettext("The picture"))
    alt = StringField(lazy_gettext("What can be seen on it?"), filters=[lambda value: tidy_line(value or "")])

    def validate_alt(self, field: Field) -> None:
        """Ask for words for whoever can't see it."""
        if not field.data:
            raise ValidationError(
                _(
                    "Say in a few words what can be seen, for people who can't see it. Then choose the file once more."
                )
            )
        if len(field.data) > LONGEST_ALT:
            raise ValidationError(_("Keep it under %(limit)s characters.", limit=LONGEST_ALT))


@dataclass(frozen=True, slots=True)
class SentPicture:
    """What came."""

    alt: str
    content: bytes = field(repr=False)


def parse_picture(
    form: PictureForm, given: MultiDict[str, str], files: MultiDict[str, FileStorage]
) -> SentPicture:
    """Return what was sent. Raises Malformed or Invalid."""
    # Where a form has files, its file's field comes among those, and among the words only if somebody forged it.
    if "picture" in given or set(files) - {"picture"} or len(files.getlist("picture")) > 1:
        raise Malformed
    check_form(form, given)
    file = files.get("picture")
    return SentPicture(form.alt.data or "", b"" if file is None else file.stream.read())
