"""The readable part of an address, made from a title."""

from slugify import slugify

LONGEST_SLUG = 80


def slug_of(title: str) -> str:
    """Return a slug of letters, digits and hyphens, or ``topic`` when nothing of the title is left."""
    return slugify(title, max_length=LONGEST_SLUG, word_boundary=True) or "topic"
