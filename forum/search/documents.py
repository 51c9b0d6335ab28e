"""What of a post, and of a treatment's page, can be found by its words. Only what people wrote themselves.

Quoted words are found where they stand, and whoever is mentioned is not found by it: slots are left out, and so are
pictures. Who may see what is found is none of this.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from forum.community.models.threads import Post, PostState, Topic
from forum.community.pictures import without_pictures
from forum.search.words import BREAK, forms_of
from forum.text import slots
from forum.treatments.models import TreatmentVersion

# Where it stands in a text, words on either side of it don't follow one another.
_APART = Markup("<hr>")


@dataclass(frozen=True, slots=True)
class Document:
    """The words of something that can be found, in their normal form and order, with breaks among them."""

    title: tuple[str, ...]
    body: tuple[str, ...]


def has_words() -> ColumnElement[bool]:
    """Say which posts have a document: those whose words are stored, whoever may read them at the moment."""
    return Post.state.not_in([PostState.DELETED, PostState.MOVED])


def posts(session: Session, post_ids: Collection[int]) -> dict[int, Document]:
    """Return the documents of those of these posts that have one. A topic's title is found by its first post.

    Queries: 1
    """
    rows = session.execute(
        select(Post.id, Post.number, Post.html, Topic.title, Topic.locale)
        .join(Topic, Topic.id == Post.topic_id)
        .where(Post.id.in_(post_ids), has_words())
    )
    return {
        row.id: Document(
            tuple(forms_of(row.title, row.locale)) if row.number == 1 else (),
            _joined(_own_words(row.html), row.locale),
        )
        for row in rows
    }


def versions(session: Session, version_ids: Collection[int]) -> dict[int, Document]:
    """Return the documents of versions of treatments' pages; what a treatment is also called counts as its title.

    Queries: 1
    """
    rows = session.execute(
        select(
            TreatmentVersion.id,
            TreatmentVersion.locale,
            TreatmentVersion.title,
            TreatmentVersion.also_called,
            TreatmentVersion.summary,
            TreatmentVersion.sections,
        ).where(TreatmentVersion.id.in_(version_ids))
    )
    return {
        row.id: Document(
            _joined([row.title, *row.also_called], row.locale),
            _joined([row.summary, *_of_sections(row.sections)], row.locale),
        )
        for row in rows
    }


def versions_in_force() -> Select[int]:
    """Return the versions that have a document: of each treatment, in each language, the newest published one."""
    newest = (
        select(
            TreatmentVersion.treatment_id,
            TreatmentVersion.locale,
            func.max(TreatmentVersion.version).label("version"),
        )
        .where(TreatmentVersion.published_at.is_not(None))
        .group_by(TreatmentVersion.treatment_id, TreatmentVersion.locale)
        .subquery("newest")
    )
    return select(TreatmentVersion.id).join(
        newest,
        (newest.c.treatment_id == TreatmentVersion.treatment_id)
        & (newest.c.locale == TreatmentVersion.locale)
        & (newest.c.version == TreatmentVersion.version),
    )


def _own_words(html: str) -> list[str]:
    """Return the lines of a post's HTML, and what stands on either side of a mention, apart."""
    return slots.plain(slots.fill(without_pictures(html), lambda _kind, _ordinal: _APART)).split("\n")


def _of_sections(sections: Iterable[dict[str, Any]]) -> list[str]:
    return [
        line
        for section in sections
        for line in (section["heading"], *slots.plain(section["html"]).split("\n"))
    ]


def _joined(lines: Sequence[str], locale: str) -> tuple[str, ...]:
    """Return the words of several lines; no phrase reaches from one into the next."""
    words: list[str] = []
    for line in lines:
        words += [*forms_of(line, locale), BREAK]
    return tuple(words[:-1])
