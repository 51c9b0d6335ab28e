"""Everything that can be done, named ``scope:resource:action``. The audit log keeps the names: none is used anew."""

from enum import StrEnum


class Action(StrEnum):
    """A thing somebody may want to do. A new one needs a row in ``table``."""

    TOPIC_START = "community:topic:start"
    POST_PUBLISH = "community:post:publish"
    POST_EDIT = "community:post:edit"
    POST_DELETE = "community:post:delete"
    POST_PURGE = "community:post:purge"
    # What moderators do with topics and posts.
    TOPIC_LOCK = "community:topic:lock"
    TOPIC_UNLOCK = "community:topic:unlock"
    TOPIC_PIN = "community:topic:pin"
    TOPIC_UNPIN = "community:topic:unpin"
    TOPIC_MOVE = "community:topic:move"
    TOPIC_HIDE = "community:topic:hide"
    TOPIC_REMOVE = "community:topic:remove"
    TOPIC_RESTORE = "community:topic:restore"
    TOPIC_MERGE = "community:topic:merge"
    TOPIC_SPLIT = "community:topic:split"
    POST_HIDE = "community:post:hide"
    POST_REMOVE = "community:post:remove"
    POST_RESTORE = "community:post:restore"
    # Reports, members, the log.
    MODERATE = "moderation:desk:open"
    REPORT_RAISE = "moderation:report:raise"
    REPORT_LIST = "moderation:report:list"
    REPORT_CLAIM = "moderation:report:claim"
    REPORT_LET_GO = "moderation:report:let-go"
    REPORT_CLOSE = "moderation:report:close"
    LOG_READ = "moderation:log:read"
    MEMBER_LOOK_UP = "moderation:member:look-up"
    MEMBER_NOTE = "moderation:member:note"
    MEMBER_SUSPEND = "moderation:member:suspend"
    MEMBER_UNSUSPEND = "moderation:member:unsuspend"
    MEMBER_LET_IN = "moderation:member:let-in"
    MEMBER_TURN_AWAY = "moderation:member:turn-away"
    # What a member decides about their own account.
    ACCOUNT_RENAME = "account:name:change"
    ACCOUNT_RESTRICT = "account:restriction:change"
    # Running the community.
    SETTINGS_CHANGE = "admin:settings:change"
    ROLE_CHANGE = "admin:role:change"
    RECOVERY_CODE_GIVE = "admin:recovery-code:give"
    CATEGORY_CHANGE = "admin:category:change"
    POLICY_PUBLISH = "admin:policy:publish"
    TREATMENT_PUBLISH = "admin:treatment:publish"
    HELPLINES_CHANGE = "admin:helplines:change"
    COMMUNITY_TOPIC_START = "admin:community-topic:start"
    # Words of one post, kept because the law obliges us to: one asks, another one confirms.
    HOLD_ASK = "admin:hold:ask"
    HOLD_CONFIRM = "admin:hold:confirm"
