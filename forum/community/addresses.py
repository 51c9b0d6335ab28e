"""Addresses of the community's pages. Words about health stand only in those that search engines may keep."""

from forum.community.models.threads import Audience

POSTS_PER_PAGE = 20
# What follows a topic's number in the addresses of other pages: a title of that one word is no part of an address.
TAKEN_SLUGS = frozenset({"edit", "people", "reply", "watch"})


def category_address(slug: str) -> str:
    """Return a category's page."""
    return f"/categories/{slug}"


def topic_address(topic_id: int, slug: str, audience: Audience) -> str:
    """Return a topic's page, with its slug only where everybody may find it."""
    if not slug or slug in TAKEN_SLUGS or audience is not Audience.PUBLIC:
        return f"/topics/{topic_id}"
    return f"/topics/{topic_id}/{slug}"


def page_of(number: int) -> int:
    """Return the page of its topic on which a post's number stands."""
    return (number - 1) // POSTS_PER_PAGE + 1


def post_address(topic: str, number: int) -> str:
    """Return where a post stands: its topic's address, the page and the anchor."""
    page = page_of(number)
    return f"{topic}?page={page}#post-{number}" if page > 1 else f"{topic}#post-{number}"


def permalink(post_id: int) -> str:
    """Return the address that finds a post wherever it was moved."""
    return f"/posts/{post_id}"
