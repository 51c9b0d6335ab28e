"""What the tests of members' rights share with those of moderation: a room, an author, and a post."""

from tests.moderation.conftest import cedar, morgan, post

__all__ = ["cedar", "morgan", "post"]
