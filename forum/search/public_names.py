"""What everybody may read anyway, read for a search by one statement: categories, treatment pages, names of conditions.

Of it come the categories that a search is narrowed to, the pages above what members wrote, and every word that is
suggested.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import (
    JSON,
    Boolean,
    Subquery,
    and_,
    case,
    cast,
    exists,
    false,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from forum.community.models.people import HealthTerm
from forum.community.models.threads import Category
from forum.community.queries.topics import CategoryLine
from forum.database.rows import AnyRow, AnySelect
from forum.search.engine import Phrase, Words
from forum.search.engines import engine_of
from forum.search.models import SearchDocument
from forum.search.sought import Sought, languages
from forum.search.synonyms import Synonyms
from forum.search.syntax import Asked
from forum.search.words import forms_of
from forum.text.translate import content_locale
from forum.treatments.models import Treatment, TreatmentVersion
from forum.treatments.queries import treatment_address
from forum.treatments.visibility import version_in_force


class _Kind(StrEnum):
    CATEGORY = "category"
    TREATMENT = "treatment"
    TERM = "term"


@dataclass(frozen=True, slots=True)
class FoundTreatment:
    """A treatment page that was found."""

    title: str
    address: str
    also_called: tuple[str, ...]
    summary: str


@dataclass(frozen=True, slots=True)
class PublicNames:
    """All categories in their order, the treatment pages in theirs, and what conditions are called."""

    categories: tuple[CategoryLine, ...]
    treatments: tuple[FoundTreatment, ...]
    # Those that have what was looked for, the ones that are called so first.
    found: tuple[FoundTreatment, ...]
    terms: tuple[str, ...]

    def rooms(self, asked: Sequence[str]) -> dict[str, frozenset[int]]:
        """Return which categories are meant by what was typed: by address or name, or else by the beginning of it."""
        return {typed: self._rooms(typed.casefold()) for typed in asked}

    def treatments_for(self, asked: Asked, wanted: Sought) -> tuple[FoundTreatment, ...]:
        """Return the treatment pages to show: none where only posts are asked for."""
        if not shows_treatments(asked, wanted):
            return ()
        return self.treatments if wanted.is_empty else self.found

    def categories_for(self, asked: Asked, wanted: Sought) -> tuple[CategoryLine, ...]:
        """Return the categories whose names have every word."""
        if asked.narrows_posts or asked.is_treatment or not wanted.words.terms:
            return ()
        return tuple(line for line in self.categories if _has(line.name, wanted.words))

    def vocabulary(self, synonyms: Synonyms) -> Iterable[str]:
        """Return all names that may be suggested."""
        for line in self.categories:
            yield line.name
        for treatment in self.treatments:
            yield from (treatment.title, *treatment.also_called)
        yield from self.terms
        for locale in languages():
            yield from synonyms.names(locale)

    def _rooms(self, typed: str) -> frozenset[int]:
        called = {line.id: (line.slug.casefold(), line.name.casefold()) for line in self.categories}
        exact = frozenset(id_ for id_, names in called.items() if typed in names)
        return exact or frozenset(
            id_ for id_, names in called.items() if any(name.startswith(typed) for name in names)
        )


def shows_treatments(asked: Asked, wanted: Sought) -> bool:
    """Say whether treatment pages are shown to whoever asks this."""
    return not asked.narrows_posts and bool(wanted.words.terms or asked.is_treatment)


def public_names(session: Session, words: Words) -> PublicNames:
    """Return what everybody may read, and which of the treatment pages have the words; none for no words at all.

    Queries: 1
    """
    rows = session.execute(union_all(_categories(), _treatments(session, words), _terms())).all()
    by_kind = {kind: [row for row in rows if row.kind == kind] for kind in _Kind}
    categories = sorted(by_kind[_Kind.CATEGORY], key=lambda row: row.place)
    # The pinned ones first, and then by name, as in the list of them.
    treatments = sorted(by_kind[_Kind.TREATMENT], key=lambda row: (-row.place, row.name))
    found = sorted((row for row in treatments if row.in_title is not None), key=lambda row: not row.in_title)
    return PublicNames(
        categories=tuple(CategoryLine(row.id, row.slug, row.name, row.words) for row in categories),
        treatments=tuple(map(_treatment, treatments)),
        found=tuple(map(_treatment, found)),
        terms=tuple(row.name for row in by_kind[_Kind.TERM]),
    )


def treatments_with(found: Subquery) -> AnySelect:
    """Return a row for each treatment whose page is among the documents that were found."""
    return (
        select(literal(1))
        .select_from(Treatment)
        .join(SearchDocument, SearchDocument.treatment_version_id == version_in_force(content_locale()))
        # There are dozens of pages and any number of documents: each page is asked for. That a number is greater than 0
        # goes without saying, and keeps SQLite from going through all the documents that are none.
        .where(
            SearchDocument.treatment_version_id > 0,
            exists().where(found.c.document_id == SearchDocument.id).correlate(SearchDocument),
        )
    )


def _categories() -> AnySelect:
    return select(
        literal(_Kind.CATEGORY.value).label("kind"),
        Category.id,
        Category.slug,
        Category.name.label("name"),
        Category.description.label("words"),
        Category.position.label("place"),
        cast(null(), JSON).label("also_called"),
        cast(null(), Boolean).label("in_title"),
    )


def _treatments(session: Session, words: Words) -> AnySelect:
    statement = select(
        literal(_Kind.TREATMENT.value).label("kind"),
        Treatment.id,
        Treatment.slug,
        TreatmentVersion.title.label("name"),
        TreatmentVersion.summary.label("words"),
        case((Treatment.pinned, 1), else_=0).label("place"),
        TreatmentVersion.also_called,
    ).join_from(Treatment, TreatmentVersion, TreatmentVersion.id == version_in_force(content_locale()))
    if not (words.terms or words.without):
        return statement.add_columns(cast(null(), Boolean).label("in_title"))
    engine = engine_of(session)
    statement = statement.outerjoin(
        SearchDocument, SearchDocument.treatment_version_id == TreatmentVersion.id
    )
    if words.terms:
        found = engine.found(words)
        # As above: each page is asked for, however many documents have the words.
        in_title = select(found.c.in_title).where(found.c.document_id == SearchDocument.id)
        return statement.add_columns(in_title.correlate(SearchDocument).scalar_subquery().label("in_title"))
    without = and_(SearchDocument.id.is_not(None), engine.lacks(SearchDocument.id, words))
    return statement.add_columns(case((without, false()), else_=null()).label("in_title"))


def _terms() -> AnySelect:
    return select(
        literal(_Kind.TERM.value).label("kind"),
        HealthTerm.id,
        HealthTerm.slug,
        HealthTerm.name.label("name"),
        literal("").label("words"),
        literal(0).label("place"),
        cast(null(), JSON).label("also_called"),
        cast(null(), Boolean).label("in_title"),
    ).where(HealthTerm.offered)


def _treatment(row: AnyRow) -> FoundTreatment:
    return FoundTreatment(row.name, treatment_address(row.slug), tuple(row.also_called), row.words)


def _has(text: str, words: Words) -> bool:
    """Say whether a text has all the words that are looked for, as an engine would."""
    texts = [tuple(forms_of(text, locale)) for locale in languages()]

    def has(phrase: Phrase) -> bool:
        size = len(phrase)
        return any(forms[n : n + size] == phrase for forms in texts for n in range(len(forms) - size + 1))

    return all(any(map(has, term.any_of)) for term in words.terms) and not any(map(has, words.without))
