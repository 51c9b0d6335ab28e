"""What pages show that is not translated by gettext: what people and the operator wrote, and the texts that ship."""

import re
from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from config import Settings
from forum.community.models.kept_drafts import KeptDraft
from forum.community.models.people import HealthTerm, Profile
from forum.community.models.threads import Category, Post, PostVersion, Topic
from forum.community.queries.threads import LONGEST_DESCRIPTION
from forum.consent import wording
from forum.consent.models import InterfaceText, PolicyDraftText, PolicyVersion
from forum.consent.queries import policies_in_force
from forum.moderation.helplines import FALLBACK_NAME, country_name
from forum.moderation.models import Helpline
from forum.site import shipped_texts
from forum.text.differences import differences
from forum.text.excerpts import first_words
from forum.text.markdown import render_page
from forum.text.pseudo import PSEUDO
from forum.text.translate import DEFAULT_LOCALE, own_name
from forum.treatments.models import TreatmentVersion
from tests.every_page import Community
from tests.languages.spoken import Data, spoken

# Columns whose words stand on pages as they are stored. Words for a closed set, like a role's, are not among them.
STORED: tuple[InstrumentedAttribute[str], ...] = (
    Category.name,
    Category.description,
    Category.opening_html,
    HealthTerm.name,
    Profile.about,
    Topic.title,
    Post.html,
    KeptDraft.title,
    KeptDraft.words,
    PolicyVersion.title,
    PolicyVersion.html,
    PolicyVersion.markdown,
    PolicyDraftText.markdown,
    TreatmentVersion.title,
    TreatmentVersion.summary,
    TreatmentVersion.evidence_reason,
    TreatmentVersion.author,
    Helpline.service,
    Helpline.hours,
)
# Names of products: the same in every language.
PRODUCTS = ("Google", "Facebook", "Firefox")
# Where a shipped text leaves room for the operator's details.
_FILLED_IN = re.compile(r"\{[a-z_]+\}")


def data_of(community: Community) -> Data:
    """Return the data of a community."""
    settings: Settings = community.app.extensions["alongside"].settings
    with community.database.reading() as session:
        contacts = session.scalars(select(Helpline.contact)).all()
        return Data(
            [
                *community.written,
                *PRODUCTS,
                *_of_the_operator(settings),
                *_stored(session),
                *_asked(session),
                *map(own_name, (DEFAULT_LOCALE, *PSEUDO)),
                *_shipped(),
            ],
            pieces_of=[*contacts, *_compared(session), *_changed(session)],
        )


def _of_the_operator(settings: Settings) -> Iterator[str]:
    yield settings.site_name
    yield from (settings.operator_name, settings.operator_address, settings.operator_contact)
    yield country_name(settings.operator_country)


def _stored(session: Session) -> Iterator[str]:
    for column in STORED:
        yield from session.scalars(select(column).distinct())
    for html in session.scalars(select(Post.html).where(Post.number == 1)):
        # How a topic begins describes its page to whoever sees no more of it than a link.
        yield first_words(html, LONGEST_DESCRIPTION)
    for words in session.scalars(select(InterfaceText.text)):
        # A receipt shows what was asked line by line, in the language in which it was asked.
        yield from words.splitlines()
    for version in session.scalars(select(TreatmentVersion)):
        yield from version.also_called
        yield ", ".join(version.also_called)
        for section in version.sections:
            yield from (section["heading"], section["html"])
        yield from (reference["text"] for reference in version.references)


def _changed(session: Session) -> Iterator[str]:
    """Give the texts of posts that were edited: their histories show what was taken out and put in."""
    for before, after in session.execute(
        select(PostVersion.markdown, Post.markdown).join(Post, Post.id == PostVersion.post_id)
    ):
        yield from (before, after)


def _compared(session: Session) -> Iterator[str]:
    """Give the parts of policies, of which pages that show what changed set single words apart."""
    texts = session.scalars(select(PolicyVersion.markdown).union_all(select(PolicyDraftText.markdown)))
    for text in texts:
        for passage in differences(("", ""), ("", text)):
            yield from (words.text for words in passage.after)


def _asked(session: Session) -> Iterator[str]:
    """Give the words beside the choices of the consent step, which are kept with each answer."""
    for choice in wording.choices(
        policies_in_force(session, DEFAULT_LOCALE), locale=DEFAULT_LOCALE, gpc=False
    ):
        yield from (choice.label, choice.hint, *(detail.text for detail in choice.details))
        yield from (policy.title for policy in choice.to_read)


def _shipped() -> Iterator[str]:
    """Give the shipped pages in English, cut where the operator's details are filled in."""
    for file in sorted((shipped_texts.FOLDER / "pages").glob(f"*.{DEFAULT_LOCALE}.md")):
        for _where, text in spoken(render_page(file.read_text(encoding="utf-8")).html):
            yield from _FILLED_IN.split(text)
    yield FALLBACK_NAME
