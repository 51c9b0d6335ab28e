"""What a topic's author may change about it: read for the page that asks, and again by the command that does it."""

from dataclasses import dataclass

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from forum.community.addresses import topic_address
from forum.community.audiences import audiences_within
from forum.community.models.people import HealthTerm
from forum.community.models.threads import (
    Audience,
    Category,
    Intent,
    Post,
    PostState,
    Topic,
    is_narrower,
)
from forum.community.queries.terms import Term
from forum.community.taking_back import others_answered
from forum.community.visibility import topic_is_visible
from forum.errors import NotFound
from forum.permissions.actor import Actor


@dataclass(frozen=True, slots=True)
class TopicDetails:
    """A topic as its author may change it; also what the rules ask about."""

    id: int
    category_id: int
    author_id: int | None
    locked: bool
    title: str
    slug: str
    intent: Intent
    content_note: str
    audience: Audience
    # What its readers share, where it is for those with the same condition.
    condition_id: int | None
    condition_slug: str
    condition: str
    # The most readers that its category allows, and what that is called.
    widest_audience: Audience
    category_name: str
    # Whether the actor has conditions that readers could share.
    may_share: bool
    # Somebody else's words stand in it, shown or not.
    others_answered: bool
    # The first post stands: the title goes, or is hidden, with it.
    opening_stands: bool

    @property
    def address(self) -> str:
        """Return its page."""
        return topic_address(self.id, self.slug if self.opening_stands else "", self.audience)

    @property
    def audiences(self) -> tuple[Audience, ...]:
        """Return who may read it from now on, the present ones first, and then from the most readers to the fewest.

        Never more than its category allows. Whoever answered did so for these readers, so there can't be more of them;
        and it isn't closed to all of those who answered.
        """
        wanted = audiences_within(self.widest_audience, may_share=self.may_share)
        if self.others_answered:
            wanted = tuple(
                one
                for one in wanted
                if is_narrower(one, self.audience) and one is not Audience.MODERATORS_AND_AUTHOR
            )
        return (self.audience, *(one for one in wanted if one is not self.audience))

    def audiences_for(self, *, may_write: bool) -> tuple[Audience, ...]:
        """Return the same for whoever may write, and for others only the present ones and fewer."""
        if may_write:
            return self.audiences
        return tuple(one for one in self.audiences if one is self.audience or is_narrower(one, self.audience))

    def conditions(self, mine: tuple[Term, ...]) -> tuple[Term, ...]:
        """Return what readers can share, of which some are the actor's.

        What they share now stays, also where its author took it out of their profile.
        """
        if self.audience is not Audience.SAME_CONDITION:
            return mine
        others = () if self.others_answered else mine
        now = Term(self.condition_slug, self.condition)
        return (now, *(one for one in others if one.slug != now.slug))


def topic_details(session: Session, actor: Actor, topic_id: int) -> TopicDetails:
    """Return what can be changed about a topic that the actor may see, else raise NotFound.

    Queries: 1
    """
    opening = exists().where(Post.topic_id == Topic.id, Post.number == 1, Post.state == PostState.PUBLISHED)
    row = session.execute(
        select(
            Topic.id,
            Topic.category_id,
            Topic.author_id,
            Topic.locked,
            Topic.title,
            Topic.slug,
            Topic.intent,
            Topic.content_note,
            Topic.audience,
            Topic.condition_id,
            func.coalesce(HealthTerm.slug, "").label("condition_slug"),
            func.coalesce(HealthTerm.name, "").label("condition"),
            Category.widest_audience,
            Category.name.label("category_name"),
            others_answered().label("others_answered"),
            opening.label("opening_stands"),
        )
        .join(Category, Category.id == Topic.category_id)
        .outerjoin(HealthTerm, HealthTerm.id == Topic.condition_id)
        .where(Topic.id == topic_id, topic_is_visible(actor))
    ).one_or_none()
    if row is None:
        raise NotFound
    flags = {name: bool(getattr(row, name)) for name in ("others_answered", "opening_stands")}
    flags["may_share"] = bool(actor.shared_conditions)
    return TopicDetails(**(row._asdict() | flags))
