"""How reasons are said to people: of whoever reports a post, and of the moderators who act; and which fit what."""

from forum.errors import Malformed
from forum.moderation.models import ReasonCode, ReportReason
from forum.permissions.actions import Action
from forum.text.translate import gettext as _


def label_of(reason: ReportReason) -> str:
    """Return the reason in a few words."""
    labels = {
        ReportReason.WORRIED_ABOUT_SOMEONE: _("Worried about someone"),
        ReportReason.MEDICAL_INSTRUCTION: _("Medical instructions"),
        ReportReason.DRUG_SOURCING: _("Getting or swapping medicines"),
        ReportReason.MISINFORMATION: _("A false claim"),
        ReportReason.HARASSMENT: _("Unkind or threatening"),
        ReportReason.PRIVATE_INFO: _("Private details"),
        ReportReason.SPAM_OR_SELLING: _("Advertising or selling"),
        ReportReason.FUNDRAISING: _("Asking for money or study volunteers"),
        ReportReason.HARMFUL_DETAIL: _("Details that could hurt someone"),
        ReportReason.ILLEGAL_CONTENT: _("Against the law"),
        ReportReason.OTHER: _("Something else"),
    }
    return labels[reason]


def meaning_of(reason: ReportReason) -> str:
    """Return what the reason covers, in one line."""
    meanings = {
        ReportReason.WORRIED_ABOUT_SOMEONE: _("The person who wrote it may not be safe."),
        ReportReason.MEDICAL_INSTRUCTION: _("Doses, a diagnosis, or “stop your medicine”."),
        ReportReason.DRUG_SOURCING: _("Buying, selling, sharing or finding them."),
        ReportReason.MISINFORMATION: _(
            "A miracle cure, or something that could mislead people about their health."
        ),
        ReportReason.HARASSMENT: _("Insults, threats, or pain that is called made up."),
        ReportReason.PRIVATE_INFO: _("Names, addresses, phone numbers or pictures of someone."),
        ReportReason.SPAM_OR_SELLING: _("Links or offers that nobody asked for."),
        ReportReason.FUNDRAISING: _("Without the moderators' permission."),
        ReportReason.HARMFUL_DETAIL: _("For example, ways to hurt oneself."),
        ReportReason.ILLEGAL_CONTENT: _("Something that the law forbids."),
        ReportReason.OTHER: _("Tell us below what troubles you."),
    }
    return meanings[reason]


def label_of_code(code: ReasonCode) -> str:
    """Return a moderator's reason in a few words, for the choice of reasons and for the log."""
    labels = {
        ReasonCode.MEDICAL_INSTRUCTION: _("Medical instructions"),
        ReasonCode.DRUG_SOURCING: _("Getting or swapping medicines"),
        ReasonCode.MISINFORMATION: _("A false claim"),
        ReasonCode.HARASSMENT: _("Unkind or threatening"),
        ReasonCode.PRIVATE_INFO: _("Private details"),
        ReasonCode.SPAM_OR_SELLING: _("Advertising or selling"),
        ReasonCode.FUNDRAISING: _("Asking for money or study volunteers"),
        ReasonCode.HARMFUL_DETAIL: _("Details that could hurt someone"),
        ReasonCode.ILLEGAL_CONTENT: _("Against the law"),
        ReasonCode.REPEATED: _("It happened again"),
        ReasonCode.BEING_LOOKED_AT: _("We are looking at it"),
        ReasonCode.OFF_TOPIC: _("About something else"),
        ReasonCode.WRONG_PLACE: _("It fits better elsewhere"),
        ReasonCode.SAME_SUBJECT: _("The same subject"),
        ReasonCode.HEATED: _("It became heated"),
        ReasonCode.ANSWERED: _("It is answered"),
        ReasonCode.USEFUL_TO_MANY: _("Useful to many"),
        ReasonCode.AUTHOR_ASKED: _("The author asked for it"),
        ReasonCode.LOOKED_AGAIN: _("We looked again"),
        ReasonCode.OTHER: _("Something else"),
    }
    return labels[code]


def because(code: ReasonCode) -> str:
    """Return the sentence that tells the author why; nothing where a moderator's own words say it."""
    sentences = {
        ReasonCode.MEDICAL_INSTRUCTION: _(
            "The reason: doses, diagnoses and “stop your medicine” belong to people who know someone's health."
        ),
        ReasonCode.DRUG_SOURCING: _(
            "The reason: buying, selling, sharing or finding medicines can hurt people, so it has no place here."
        ),
        ReasonCode.MISINFORMATION: _("The reason: something in it could mislead people about their health."),
        ReasonCode.HARASSMENT: _("The reason: words that were unkind or threatening to somebody."),
        ReasonCode.PRIVATE_INFO: _(
            "The reason: private details of someone, such as a name, an address or a phone number."
        ),
        ReasonCode.SPAM_OR_SELLING: _(
            "The reason: something was advertised or sold that nobody had asked for."
        ),
        ReasonCode.FUNDRAISING: _(
            "The reason: money or study volunteers were asked for without the moderators' permission."
        ),
        ReasonCode.HARMFUL_DETAIL: _(
            "The reason: details that could hurt someone who reads them on a bad day."
        ),
        ReasonCode.ILLEGAL_CONTENT: _("The reason: the law forbids what was written."),
        ReasonCode.REPEATED: _("The reason: it happened more than once."),
        ReasonCode.BEING_LOOKED_AT: _(
            "The reason: somebody was unsure about it, and we want to look at it in peace first."
        ),
        ReasonCode.OFF_TOPIC: _("The reason: it is about something else than the topic it stood in."),
        ReasonCode.WRONG_PLACE: _("The reason: it is found more easily in another place."),
        ReasonCode.SAME_SUBJECT: _(
            "The reason: two topics were about the same subject, and answers are found more easily in one place."
        ),
        ReasonCode.HEATED: _("The reason: the conversation became heated, and everybody needs a pause."),
        ReasonCode.ANSWERED: _("The reason: the question is answered."),
        ReasonCode.USEFUL_TO_MANY: _("The reason: it helps many people to find it."),
        ReasonCode.AUTHOR_ASKED: _("The reason: the person who wrote it asked for it."),
        ReasonCode.LOOKED_AGAIN: _("The reason: we looked at it again and came to another decision."),
        ReasonCode.OTHER: "",
    }
    return sentences[code]


# The breaches, as the policies name them.
BREACHES = (
    ReasonCode.MEDICAL_INSTRUCTION,
    ReasonCode.DRUG_SOURCING,
    ReasonCode.MISINFORMATION,
    ReasonCode.HARASSMENT,
    ReasonCode.PRIVATE_INFO,
    ReasonCode.SPAM_OR_SELLING,
    ReasonCode.FUNDRAISING,
    ReasonCode.HARMFUL_DETAIL,
    ReasonCode.ILLEGAL_CONTENT,
)
_UNDOING = (ReasonCode.LOOKED_AGAIN, ReasonCode.AUTHOR_ASKED, ReasonCode.OTHER)
_DOWN = (*BREACHES, ReasonCode.REPEATED, ReasonCode.AUTHOR_ASKED, ReasonCode.OTHER)

# Which reasons fit which action, in the order in which a page offers them.
REASONS: dict[Action, tuple[ReasonCode, ...]] = {
    Action.TOPIC_LOCK: (
        ReasonCode.HEATED,
        ReasonCode.ANSWERED,
        ReasonCode.BEING_LOOKED_AT,
        ReasonCode.SAME_SUBJECT,
        ReasonCode.AUTHOR_ASKED,
        ReasonCode.OTHER,
    ),
    Action.TOPIC_UNLOCK: _UNDOING,
    Action.TOPIC_PIN: (ReasonCode.USEFUL_TO_MANY, ReasonCode.OTHER),
    Action.TOPIC_UNPIN: (
        ReasonCode.LOOKED_AGAIN,
        ReasonCode.ANSWERED,
        ReasonCode.AUTHOR_ASKED,
        ReasonCode.OTHER,
    ),
    Action.TOPIC_MOVE: (
        ReasonCode.WRONG_PLACE,
        ReasonCode.AUTHOR_ASKED,
        ReasonCode.LOOKED_AGAIN,
        ReasonCode.OTHER,
    ),
    Action.TOPIC_HIDE: (ReasonCode.BEING_LOOKED_AT, *_DOWN),
    Action.TOPIC_REMOVE: _DOWN,
    Action.TOPIC_RESTORE: _UNDOING,
    Action.TOPIC_MERGE: (
        ReasonCode.SAME_SUBJECT,
        ReasonCode.AUTHOR_ASKED,
        ReasonCode.LOOKED_AGAIN,
        ReasonCode.OTHER,
    ),
    Action.TOPIC_SPLIT: (
        ReasonCode.OFF_TOPIC,
        ReasonCode.USEFUL_TO_MANY,
        ReasonCode.HEATED,
        ReasonCode.AUTHOR_ASKED,
        ReasonCode.LOOKED_AGAIN,
        ReasonCode.OTHER,
    ),
    Action.POST_HIDE: (ReasonCode.BEING_LOOKED_AT, ReasonCode.OFF_TOPIC, *_DOWN),
    Action.POST_REMOVE: (ReasonCode.OFF_TOPIC, *_DOWN),
    Action.POST_RESTORE: _UNDOING,
    Action.MEMBER_SUSPEND: (*BREACHES, ReasonCode.REPEATED, ReasonCode.HEATED, ReasonCode.OTHER),
    Action.MEMBER_UNSUSPEND: (ReasonCode.LOOKED_AGAIN, ReasonCode.OTHER),
    Action.MEMBER_PROFILE_CLEAR: _DOWN,
    Action.MEMBER_TURN_AWAY: (ReasonCode.SPAM_OR_SELLING, ReasonCode.REPEATED, ReasonCode.OTHER),
}


def check_reason(action: Action, reason: ReasonCode | None) -> None:
    """Raise Malformed for a reason that doesn't fit; an action for which there are none takes none."""
    fitting = REASONS.get(action)
    if reason not in fitting if fitting else reason is not None:
        raise Malformed
