"""The page of a copy that people read: one file that opens anywhere, and asks nothing of any network.

It is drawn piece by piece, for it may be longer than fits in memory. Its template stands with all others; what a
browser needs to show it stands inside it, since nothing lies beside it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from sqlalchemy import Column, Date

from config import TEMPLATES
from forum.database.column_types import UtcDateTime
from forum.privacy import export_data, registry
from forum.privacy.export_data import Spool, TableOfCopy, Values
from forum.privacy.export_wording import CHAPTERS, label_of
from forum.text import translate
from forum.text.markdown import render_post
from forum.text.sanitising import cleaned
from forum.text.translate import gettext as _

_TEMPLATE = "privacy/export/copy.html"
_STYLE = "privacy/export/copy.css"
# What a row goes by, where it has one of these; else it goes by its first moment.
_NAMING = ("title", "name", "address", "purpose")


@dataclass(frozen=True, slots=True)
class Fact:
    """A column's name and value; of what somebody wrote also how it looks."""

    label: str
    value: str
    drawn: Markup | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A row: what stands above it, and its columns."""

    heading: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A table, with its entries, which can be gone through once."""

    title: str
    remark: str
    count: int
    entries: Iterator[Entry]


@dataclass(frozen=True, slots=True)
class ChapterOfPage:
    """A chapter with its tables."""

    key: str
    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class CopyPage:
    """The whole page."""

    name: str
    made_at: datetime
    locale: str
    direction: str
    style: Markup
    chapters: tuple[ChapterOfPage, ...]


def pieces(name: str, made_at: datetime, rows: Spool) -> Iterator[str]:
    """Give the page's HTML piece by piece, in the language in use."""
    page = CopyPage(
        name=name,
        made_at=made_at,
        locale=translate.locale_code(),
        direction=translate.text_direction(),
        style=_style(),
        chapters=tuple(_chapters(rows)),
    )
    yield from _environment().get_template(_TEMPLATE).generate(page=page)


def _chapters(rows: Spool) -> Iterator[ChapterOfPage]:
    tables = {table.name: table for table in export_data.tables()}
    for chapter in CHAPTERS:
        parts = (
            _part(tables.pop(name), title, remark, rows)
            for name, (title, remark) in chapter.tables.items()
            if name in tables
        )
        yield ChapterOfPage(chapter.key, str(chapter.title), tuple(parts))
    if tables:
        # Nothing is left out because nobody found words for it yet.
        rest = tuple(_part(table, table.name, table.what, rows) for table in tables.values())
        yield ChapterOfPage("rest", _("What else there is"), rest)


def _part(table: TableOfCopy, title: str, remark: str, rows: Spool) -> Part:
    columns = tuple(_Column(table.name, column) for column in registry.exported_columns(table.held))
    return Part(
        title=str(title),
        remark=str(remark),
        count=rows.count(table.name),
        entries=(_entry(columns, row) for row in rows.rows(table.name)),
    )


class _Column:
    """A column, and how its values are read by people."""

    def __init__(self, table: str, column: Column[Any]) -> None:
        self.name = column.name
        self.label = label_of(table, column.name)
        self.is_moment = isinstance(column.type, UtcDateTime)
        self._is_day = isinstance(column.type, Date)
        self._is_written = (table, column.name) in export_data.WRITTEN

    def fact(self, value: Any) -> Fact:
        """Return a value with what it is."""
        drawn = cleaned(render_post(value).html) if self._is_written else None
        return Fact(self.label, self.said(value), drawn)

    def said(self, value: Any) -> str:
        """Return a value as people read it; words of closed sets stay as programs have them."""
        if self.is_moment:
            return translate.say_moment(datetime.fromisoformat(value))
        if self._is_day:
            return translate.say_date(date.fromisoformat(value))
        if isinstance(value, bool):
            return _("Yes") if value else _("No")
        if isinstance(value, list | dict):
            return json.dumps(value, ensure_ascii=False, indent=1)
        return str(value)


def _entry(columns: tuple[_Column, ...], row: Values) -> Entry:
    """Return a row, under its title or its first moment."""
    filled = [column for column in columns if row[column.name] not in (None, "")]
    heading = next((column for name in _NAMING for column in filled if column.name == name), None)
    heading = heading or next((column for column in filled if column.is_moment), None)
    return Entry(
        heading=heading.said(row[heading.name]) if heading else "",
        facts=tuple(column.fact(row[column.name]) for column in filled),
    )


def _style() -> Markup:
    """Return the element with the page's own style, which no template of ours may hold itself."""
    return Markup("<style>{}</style>").format(Markup((TEMPLATES / _STYLE).read_text()))  # noqa: S704 - our own file.


@cache
def _environment() -> Environment:
    """Return what draws the template: as strict as for the pages that are served, and with fewer names."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.globals.update(
        {
            "_": translate.gettext,
            "moment": translate.say_moment,
            "ngettext": translate.ngettext,
        }
    )
    return environment
