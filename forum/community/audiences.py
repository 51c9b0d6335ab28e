"""Who may read a topic, said in words and held against what a category allows. Nothing here asks the database.

What that means for a reader is ``visibility``'s.
"""

from forum.community.models.threads import SHARED, WIDTH, Audience, is_narrower
from forum.community.queries.rooms import Room
from forum.text.translate import gettext as _

# What administrators can choose as the most readers of a category's topics. With fewer, a topic that is moved there
# would be taken from those who answered in it.
LIMITS = SHARED
# What can be chosen beforehand for a new topic. That everybody can read it, whoever writes says each time: words about
# health are never public because nobody looked. Which condition readers share they alone can say.
DEFAULTS = (Audience.MEMBERS, Audience.MODERATORS_AND_AUTHOR)


def audiences_within(widest: Audience, *, may_share: bool) -> tuple[Audience, ...]:
    """Return who can be chosen to read a new topic, from the most readers to the fewest.

    ``may_share`` says whether its author can choose those with the same condition: nobody can for one not their own.
    """
    return tuple(
        one
        for one in WIDTH
        if not is_narrower(widest, one) and (may_share or one is not Audience.SAME_CONDITION)
    )


def audiences_in(room: Room | None, *, may_share: bool) -> tuple[Audience, ...]:
    """Return who can be chosen to read a new topic in a room; as long as none is chosen, all of them."""
    widest = room.widest_audience if room is not None else Audience.PUBLIC
    return audiences_within(widest, may_share=may_share)


def chosen_beforehand(room: Room | None) -> str:
    """Return what a new topic's form begins with in a room; "" where whoever writes is asked."""
    return room.default_audience or "" if room is not None else ""


def limited_by(room: Room | None) -> str:
    """Return the name of a room that allows not everybody, else ""."""
    return room.name if room is not None and room.widest_audience is not Audience.PUBLIC else ""


def no_wider_than(widest: Audience, audience: Audience) -> Audience:
    """Return the audience, or the widest one (see LIMITS) where it is wider than that."""
    return widest if is_narrower(widest, audience) else audience


def too_wide(category_name: str, widest: Audience) -> str:
    """Return why a topic of this category can't have so many readers. ``widest`` is one of LIMITS."""
    return {
        Audience.PUBLIC: _("Choose who may read it."),
        Audience.PUBLIC_UNLISTED: _(
            "Topics in “%(category)s” are kept from search engines. Choose fewer readers, or another room.",
            category=category_name,
        ),
        Audience.MEMBERS: _(
            "Topics in “%(category)s” are for members at most. Choose fewer readers, or another room.",
            category=category_name,
        ),
    }[widest]


def readers_label(audience: Audience, condition: str) -> str:
    """Return who may see a topic, in a few words, with the name of the condition that they share."""
    if audience is Audience.SAME_CONDITION and condition:
        return _("Members with the same condition: %(condition)s", condition=condition)
    return audience.label


def readers_explained(audience: Audience, condition: str) -> str:
    """Return who will read a reply, for whoever writes one."""
    if audience is Audience.SAME_CONDITION and condition:
        return _(
            "Members who say that they live with this, and the moderators, can read it: %(condition)s. Nobody checks"
            " what they say. Whoever reads your reply will take it that you say the same of yourself.",
            condition=condition,
        )
    return audience.explanation
