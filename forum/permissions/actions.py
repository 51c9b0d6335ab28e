"""Everything that can be done, named ``scope:resource:action``."""

from enum import StrEnum


class Action(StrEnum):
    """A thing somebody may want to do. A new one needs a row in ``table``."""

    TOPIC_START = "community:topic:start"
    POST_PUBLISH = "community:post:publish"
    POST_EDIT = "community:post:edit"
    POST_DELETE = "community:post:delete"
    REPORT_RAISE = "moderation:report:raise"
    REPORT_LIST = "moderation:report:list"
