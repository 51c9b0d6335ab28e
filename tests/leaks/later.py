"""What happens on the stage after everybody has looked: each time by the page of whoever does it."""

from forum.community.models.threads import WIDTH
from tests.leaks.markers import TOPICS
from tests.leaks.stage import SHARED_CONDITION, Stage
from tests.pages import read_page

# Who looks again: one of each kind for whom something is otherwise then.
AFTER_NARROWING = ("visitor", "member", "sharer", "author", "withdrawn", "supporter", "here")
AT_REST = ("visitor", "supporter", "author", "here")


def narrow(stage: Stage) -> None:
    """Let the author leave each topic to the next narrower audience.

    Whoever answered keeps their own words, so what was answered can't go to the moderators and its author alone.
    """
    for label, audience in TOPICS.items():
        if audience is WIDTH[-1]:
            continue
        narrower = WIDTH[WIDTH.index(audience) + 1]
        wanted = {"audience": narrower.value, "condition": SHARED_CONDITION}
        _send(stage, "author", f"/topics/{stage.of_topics[label]['waits']}/edit", wanted)
        stage.waiting_audiences[label] = narrower
        if narrower is not WIDTH[-1]:
            _send(stage, "author", f"/topics/{stage.of_topics[label]['topic']}/edit", wanted)
            stage.audiences[label] = narrower


def block(stage: Stage) -> None:
    """Let the author block a member who has read everything for members before."""
    _send(stage, "author", f"/posts/{stage.values['chat_post']}/block")
    stage.stands_as["member"] = "blocked"


def take_out_condition(stage: Stage) -> None:
    """Let somebody who shares the condition say so no more."""
    _send(stage, "sharer", "/settings/profile/about", leave_out="conditions")
    stage.stands_as["sharer"] = "member"


def withdraw(stage: Stage) -> None:
    """Let the author take back what everything that they wrote rests on."""
    address = "/settings/privacy/health-data/take-back"
    answer = stage.ask("author", address, {}, post=True)
    assert answer.status_code == 303, answer.text
    stage.author_rests = True


def _send(
    stage: Stage, who: str, address: str, changes: dict[str, str] | None = None, leave_out: str = ""
) -> None:
    """Send the form that stands at an address and goes there, with what is otherwise in it."""
    page = stage.ask(who, address)
    assert page.status_code == 200, f"{address}: {page.status_code}"
    form = next(one for one in read_page(page.text).all("form") if one.attributes.get("action") == address)
    given: dict[str, str] = {}
    for element in (*form.all("input"), *form.all("textarea")):
        field, kind = element.attributes.get("name", ""), element.attributes.get("type", "")
        if (
            not field
            or field == leave_out
            or (kind in ("radio", "checkbox") and "checked" not in element.attributes)
        ):
            continue
        value = (
            element.raw.lstrip("\n") if element.tag == "textarea" else element.attributes.get("value", "on")
        )
        given[field] = value
    for choice in form.all("select"):
        chosen = [one for one in choice.all("option") if "selected" in one.attributes]
        given[choice.attributes["name"]] = chosen[0].attributes.get("value", "") if chosen else ""
    answer = stage.ask(who, address, {**given, **(changes or {})}, post=True)
    assert answer.status_code == 303, f"{address}: {answer.status_code} {answer.text}"
