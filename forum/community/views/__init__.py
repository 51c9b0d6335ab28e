"""The community's addresses. Importing a module here registers its routes."""

from forum.community.views import (
    blocking,
    bookmarks,
    details,
    drafts,
    history,
    images,
    lists,
    members,
    mentions,
    my_pages,
    profiles,
    reactions,
    reading,
    topics,
    writing,
)
from forum.community.views.blueprint import community

__all__ = [
    "blocking",
    "bookmarks",
    "community",
    "details",
    "drafts",
    "history",
    "images",
    "lists",
    "members",
    "mentions",
    "my_pages",
    "profiles",
    "reactions",
    "reading",
    "topics",
    "writing",
]
