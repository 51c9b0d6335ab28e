"""What the tables of treatments hold about people: who answers for a page."""

from forum.database.personal_data import NOT_PERSONAL, Held, kept
from forum.treatments.models import Treatment, TreatmentVersion

_ANSWERS_FOR_IT = kept(
    "Who answers for the page, under the name they chose to stand there with; it is no account.",
    exported=False,
)

HELD: tuple[Held, ...] = (
    Held(
        Treatment,
        "A treatment that the community has a page for.",
        dict.fromkeys(("id", "slug", "topic_id", "pinned"), NOT_PERSONAL),
    ),
    Held(
        TreatmentVersion,
        "One state of a treatment page's text.",
        {
            **dict.fromkeys(
                (
                    "id",
                    "treatment_id",
                    "version",
                    "locale",
                    "title",
                    "also_called",
                    "summary",
                    "evidence_strength",
                    "evidence_reason",
                    "sections",
                    "sources",
                    "checked_on",
                    "next_review_on",
                    "published_at",
                ),
                NOT_PERSONAL,
            ),
            "author": _ANSWERS_FOR_IT,
            "reviewer": _ANSWERS_FOR_IT,
        },
    ),
)
