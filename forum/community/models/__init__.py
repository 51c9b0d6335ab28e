"""The tables of the community, by what they are about. Importing the package makes all of them known."""

from forum.community.models import blocks, images, kept_drafts, people, reactions, reading, slots, threads

__all__ = ["blocks", "images", "kept_drafts", "people", "reactions", "reading", "slots", "threads"]
