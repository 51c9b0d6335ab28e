"""The addresses at which moderators read the audit log, and take it away as a spreadsheet."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Response, make_response, request

from forum.audit_log.models import Area
from forum.database.keyset import Window
from forum.moderation.drafts import LogFilter
from forum.moderation.forms.log import parse_log_filter
from forum.moderation.models import ReasonCode
from forum.moderation.queries import log as queries
from forum.moderation.queries.log import LogLine, LogPage
from forum.moderation.reasons import label_of_code
from forum.moderation.views.blueprint import moderation
from forum.permissions.actions import Action
from forum.text.spreadsheets import as_csv
from forum.text.translate import gettext as _
from forum.web import current
from forum.web.access import needs_proof, staff_only
from forum.web.rendering import render


@dataclass(frozen=True, slots=True)
class LogWithChoices:
    """The log, what it can be narrowed to, and where the neighbouring pages and the spreadsheet are."""

    log: LogPage
    groups: tuple[tuple[str, str], ...]
    categories: tuple[tuple[str, str], ...]
    reasons: tuple[tuple[str, str], ...]
    newer: str
    older: str
    spreadsheet: str
    is_narrowed: bool


@moderation.get("/moderation/log")
@staff_only(Action.LOG_READ)
def log_page() -> Response:
    """Show what was decided, by whom and why."""
    chosen = parse_log_filter(request.args, beside=("older", "newer"))
    window = Window(older=request.args.get("older", ""), newer=request.args.get("newer", ""))
    log = queries.log_page(current.session(), current.actor(), chosen, window)
    labels = {
        Area.TOPICS: _("Topics"),
        Area.POSTS: _("Posts"),
        Area.REPORTS: _("Reports"),
        Area.MEMBERS: _("Members"),
        Area.ADMINISTRATION: _("Administration"),
    }
    page = LogWithChoices(
        log=log,
        groups=tuple((group.value, labels[group]) for group in log.groups),
        categories=tuple((line.slug, line.name) for line in log.categories),
        reasons=tuple((code.value, label_of_code(code)) for code in ReasonCode),
        newer=_address("/moderation/log", chosen, newer=log.newer) if log.newer else "",
        older=_address("/moderation/log", chosen, older=log.older) if log.older else "",
        spreadsheet=_address("/moderation/log.csv", chosen),
        is_narrowed=chosen != LogFilter(),
    )
    return render("moderation/log_page.html", page)


@moderation.get("/moderation/log.csv")
@staff_only(Action.LOG_READ)
@needs_proof
def log_spreadsheet() -> Response:
    """Give the same entries as a spreadsheet, 5000 of them at most."""
    lines = queries.log_lines(current.session(), current.actor(), parse_log_filter(request.args))
    response = make_response(as_csv(_HEADING, _rows(lines)))
    response.mimetype = "text/csv"
    response.headers["Content-Disposition"] = "attachment; filename=moderation-log.csv"
    response.headers["Cache-Control"] = "no-store"
    return response


# Programs read these as well, so they are the same in every language.
_HEADING = (
    "number",
    "made_at",
    "who",
    "role",
    "action",
    "reason",
    "category",
    "topic",
    "post",
    "report",
    "member",
    "facts",
)


def _rows(lines: tuple[LogLine, ...]) -> Iterator[tuple[object, ...]]:
    for line in lines:
        yield (
            line.id,
            line.made_at.isoformat(timespec="seconds"),
            line.who,
            line.role,
            line.action,
            line.reason,
            line.category_name,
            line.topic_id,
            line.post_id,
            line.report_id,
            line.member_name,
            "; ".join(f"{name}={value}" for name, value in line.facts),
        )


def _address(path: str, chosen: LogFilter, **cursor: str) -> str:
    parts = {
        "group": chosen.group,
        "who": chosen.who,
        "category": chosen.category,
        "member": chosen.member,
        "reason": chosen.reason,
        "month": chosen.month,
        **cursor,
    }
    query = urlencode({name: value for name, value in parts.items() if value})
    return f"{path}?{query}" if query else path
