"""The addresses of treatments. A view asks one query and answers."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response

from forum.treatments import queries
from forum.treatments.queries import TreatmentPage
from forum.treatments.structured_data import structured_data
from forum.web import current
from forum.web.access import public
from forum.web.rendering import render

treatments = Blueprint("treatments", __name__)


@dataclass(frozen=True, slots=True)
class TreatmentWithData:
    """A treatment's page, with what it tells search engines."""

    treatment: TreatmentPage
    structured_data: dict[str, Any]


@treatments.get("/treatments")
@public
def treatments_page() -> Response:
    """Show all treatments that have a page."""
    return render(
        "treatments/treatments_page.html", queries.treatments_page(current.session(), current.actor())
    )


@treatments.get("/treatments/<slug>")
@public
def treatment_page(slug: str) -> Response:
    """Show a treatment with its discussion."""
    page = queries.treatment_page(current.session(), current.actor(), slug)
    settings = current.settings()
    data = structured_data(page, settings.base_url, settings.site_name)
    return render("treatments/treatment_page.html", TreatmentWithData(page, data))


@treatments.get("/treatments/<slug>/questions")
@public
def questions_page(slug: str) -> Response:
    """Show the questions for the doctor on a sheet that prints well."""
    return render("treatments/questions_page.html", queries.questions_page(current.session(), slug))
