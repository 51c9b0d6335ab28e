"""How the reasons of a report are said to people: a label for a list, and a sentence that says what is meant."""

from forum.moderation.models import ReportReason
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
