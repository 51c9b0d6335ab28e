"""What the buttons of the watch control send. Apart from the forms for writing: nothing can be typed here."""

from werkzeug.datastructures import MultiDict
from wtforms import Form, HiddenField

from forum.community.models.reading import WatchLevel
from forum.errors import Malformed
from forum.web.forms import check_form

# What each button stands for; None is the middle, of which nothing is kept.
LEVELS: dict[str, WatchLevel | None] = {
    "muted": WatchLevel.MUTED,
    "normal": None,
    "followed": WatchLevel.SITE,
}
_LONGEST_PAGE = 9


class WatchForm(Form):
    """How closely to follow something, and the page of the topic on which that was chosen."""

    level = HiddenField()
    page = HiddenField()


def parse_watch(form: WatchForm, given: MultiDict[str, str]) -> tuple[WatchLevel | None, int]:
    """Return the level, and the page to lead back to. Raises Malformed for what no button sends."""
    check_form(form, given)
    level, page = form.level.data, form.page.data or "1"
    if level not in LEVELS or not (page.isascii() and page.isdigit() and len(page) <= _LONGEST_PAGE):
        raise Malformed
    return LEVELS[level], int(page)
