"""What the audit log is asked to be narrowed to, from an address that anybody may have typed."""

import re
from collections.abc import Collection

from werkzeug.datastructures import MultiDict

from forum.audit_log.models import Area
from forum.errors import Malformed
from forum.moderation.drafts import LogFilter
from forum.moderation.models import ReasonCode
from forum.text.plain import tidy_line
from forum.text.translate import gettext as _

_MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
_FIELDS = ("group", "who", "category", "member", "reason", "month")
_LONGEST = 200


def parse_log_filter(given: MultiDict[str, str], beside: Collection[str] = ()) -> LogFilter:
    """Return the filter. ``beside`` are other parts the address may have.

    Raises Malformed for a part that the log's page doesn't have, or a word that it never offered.
    """
    if set(given) - set(_FIELDS) - set(beside) or any(len(given.getlist(name)) > 1 for name in given):
        raise Malformed
    chosen = LogFilter(**{name: tidy_line(given.get(name, "")[:_LONGEST]) for name in _FIELDS})
    if (chosen.group and chosen.group not in set(Area)) or (
        chosen.reason and chosen.reason not in set(ReasonCode)
    ):
        raise Malformed
    if chosen.month and not _MONTH.fullmatch(chosen.month):
        raise Malformed(_("Write the month as a year and two digits, like 2026-11."))
    return chosen
