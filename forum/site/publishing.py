"""Publishing the shipped texts: what ``forum site init`` does, through the features' ordinary commands.

Until it ran, nobody can join, because there is nothing to agree to. Running it again adds what a newer release
ships and never writes over what the community has made of the texts since.
"""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from config import Settings
from forum.community.commands.categories import open_community_topic, publish_category
from forum.community.commands.terms import publish_terms
from forum.community.models.threads import Category, Topic
from forum.consent.drafts import PolicyDraft
from forum.consent.models import PolicyKind, PolicyVersion
from forum.consent.policies import is_of_an_administrator, lay_beside, publish_policy
from forum.database.dialects import tools
from forum.moderation.helplines import load_helplines
from forum.permissions.actor import OPERATOR
from forum.site import shipped_texts
from forum.text.translate import DEFAULT_LOCALE
from forum.treatments.commands import publish_treatment
from forum.treatments.models import Treatment, TreatmentVersion


@dataclass(frozen=True, slots=True)
class Published:
    """What one run did. ``policies_that_differ`` were left as they are: a new version is the operator's decision.

    ``policy_drafts`` are those that administrators worded themselves: the shipped text waits beside theirs as a draft.
    """

    policies: tuple[PolicyKind, ...]
    policies_that_differ: tuple[PolicyKind, ...]
    policy_drafts: tuple[PolicyKind, ...]
    categories: int
    treatments: int
    treatment_drafts: int
    topics: int
    helplines: int
    health_terms: int

    @property
    def nothing_new(self) -> bool:
        """Say whether everything was there already."""
        return not (
            self.policies
            or self.policy_drafts
            or self.categories
            or self.treatments
            or self.treatment_drafts
            or self.topics
            or self.helplines
            or self.health_terms
        )


def publish_shipped(
    session: Session, settings: Settings, *, renew_policies: bool = False, material: bool = False
) -> Published:
    """Publish the shipped policies, categories, treatment pages, topics, helplines and health terms that
    aren't there yet.

    With ``renew_policies``, a policy whose shipped text (or operator's details in it) differs from the newest
    version gets a new version; ``material`` says that members have to agree to it before they write again. What
    administrators published themselves is never replaced: there, a shipped text that is new becomes a draft.

    Emits: what the features' commands emit
    """
    tools(session).take_turn(session, "site:publish")
    policies, differ, drafts = _policies(session, settings, renew=renew_policies, material=material)
    categories = _categories(session)
    versions_before = _versions(session)
    treatments = _treatments(session)
    return Published(
        policies=policies,
        policies_that_differ=differ,
        policy_drafts=drafts,
        categories=categories,
        treatments=treatments,
        treatment_drafts=_versions(session) - versions_before - treatments,
        topics=_topics(session),
        helplines=load_helplines(session, OPERATOR, shipped_texts.helplines()),
        health_terms=publish_terms(session, OPERATOR, shipped_texts.health_terms()),
    )


def _policies(
    session: Session, settings: Settings, *, renew: bool, material: bool
) -> tuple[tuple[PolicyKind, ...], tuple[PolicyKind, ...], tuple[PolicyKind, ...]]:
    """Return which were published, which differ and stay, and for which a draft was laid beside what is published."""
    published, differ, drafts = [], [], []
    for kind in PolicyKind:
        text = shipped_texts.policy(kind, settings)
        newest = session.execute(
            select(PolicyVersion.id, PolicyVersion.title, PolicyVersion.markdown)
            .where(PolicyVersion.kind == kind, PolicyVersion.locale == DEFAULT_LOCALE)
            .order_by(PolicyVersion.version.desc())
            .limit(1)
        ).one_or_none()
        draft = PolicyDraft(
            kind=kind,
            locale=DEFAULT_LOCALE,
            title=text.title,
            markdown=text.markdown,
            # Nobody has agreed to anything before the first version, so it changes nothing for anyone.
            material=material and newest is not None,
        )
        if newest is None:
            publish_policy(session, OPERATOR, draft)
            published.append(kind)
        elif (newest.title, newest.markdown) == (text.title, text.markdown):
            continue
        elif is_of_an_administrator(session, newest.id):
            if lay_beside(session, OPERATOR, draft):
                drafts.append(kind)
        elif renew:
            publish_policy(session, OPERATOR, draft)
            published.append(kind)
        else:
            differ.append(kind)
    return tuple(published), tuple(differ), tuple(drafts)


def _categories(session: Session) -> int:
    """Make the categories that aren't there; one that is may have been reworded, and stays."""
    there = set(session.scalars(select(Category.slug)))
    missing = [draft for draft in shipped_texts.categories() if draft.slug not in there]
    for draft in missing:
        publish_category(session, OPERATOR, draft)
    return len(missing)


def _treatments(session: Session) -> int:
    """Hand every treatment page to its command, which knows what is new; return how many pages were made."""
    there = set(session.scalars(select(Treatment.slug)))
    drafts = shipped_texts.treatments()
    for draft in drafts:
        publish_treatment(session, OPERATOR, draft)
    return sum(draft.slug not in there for draft in drafts)


def _versions(session: Session) -> int:
    return len(session.scalars(select(TreatmentVersion.id)).all())


def _topics(session: Session) -> int:
    """Open the community's topics, but those of treatments, which come with their pages."""
    opened = 0
    for topic in shipped_texts.topics():
        there = session.scalar(
            select(Topic.id).where(Topic.from_community, Topic.title == topic.title).limit(1)
        )
        if topic.treatment_slug or there is not None:
            continue
        open_community_topic(
            session, OPERATOR, topic.category_slug, topic.title, topic.text, topic.intent, pinned=topic.pinned
        )
        opened += 1
    return opened
