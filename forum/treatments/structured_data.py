"""What a treatment page tells search engines about itself, in schema.org's words. It claims no more than the page."""

from typing import Any

from forum.text.translate import gettext as _
from forum.treatments.queries import TreatmentPage
from forum.web.structured_data import SCHEMA, breadcrumb_list

# What a treatment is, where that is not simply a therapy.
_DEVICES = frozenset({"intrathecal-implants"})


def structured_data(page: TreatmentPage, base_url: str, site_name: str) -> dict[str, Any]:
    """Return a MedicalWebPage on its treatment.

    ``lastReviewed`` means a review by a person who is named, so it is there only where the page names one.
    """
    data: dict[str, Any] = {
        "@context": SCHEMA,
        "@type": "MedicalWebPage",
        "@id": base_url + page.address,
        "url": base_url + page.address,
        "name": page.title,
        "description": page.summary,
        "inLanguage": page.locale,
        "isAccessibleForFree": True,
        "audience": {"@type": "MedicalAudience", "audienceType": "Patient"},
        "dateModified": page.published_at.date().isoformat(),
        "publisher": {"@type": "Organization", "name": site_name, "url": base_url + "/"},
        "about": {
            "@type": "MedicalDevice" if page.slug in _DEVICES else "MedicalTherapy",
            "name": page.title,
            "alternateName": list(page.also_called),
        },
        "breadcrumb": breadcrumb_list(
            base_url, [(_("Treatments"), "/treatments"), (page.title, page.address)]
        ),
        "citation": [reference.url or reference.text for reference in page.references],
    }
    if page.reviewer:
        data["lastReviewed"] = page.checked_on.isoformat()
        data["reviewedBy"] = {"@type": "Person", "name": page.reviewer}
    return data
