"""Which text of a treatment is its page: the newest published version, in the reader's language if there is one."""

from typing import Any

from sqlalchemy import ScalarSelect, select

from forum.text.translate import DEFAULT_LOCALE
from forum.treatments.models import Treatment, TreatmentVersion


def version_in_force(locale: str) -> ScalarSelect[Any]:
    """Return the id of the version that is shown, correlated to Treatment; NULL while all are drafts."""
    return (
        select(TreatmentVersion.id)
        .where(TreatmentVersion.treatment_id == Treatment.id, TreatmentVersion.published_at.is_not(None))
        .order_by(
            (TreatmentVersion.locale == locale).desc(),
            (TreatmentVersion.locale == DEFAULT_LOCALE).desc(),
            TreatmentVersion.version.desc(),
        )
        .limit(1)
        .correlate(Treatment)
        .scalar_subquery()
    )
