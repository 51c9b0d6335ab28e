"""The search of the whole site, as far as it goes today: names of treatments and categories, and titles of topics."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from forum.community.queries.topics import CategoryLine, category_lines
from forum.community.title_search import FoundTopic, topics_titled
from forum.permissions.actor import Actor
from forum.text.plain import tidy_line
from forum.treatments.queries import TreatmentLine, treatments_page

# How much of what was typed is looked for, in characters; the box takes as many.
LONGEST_QUERY = 200
# Titles are looked for among this many topics, so that a search costs the same however large the forum gets.
AMONG = 2000
# At most so many of each kind are shown.
MOST = 25


@dataclass(frozen=True, slots=True)
class SearchPage:
    """What was looked for and what was found. Nothing is found, and nothing was looked for, without a word."""

    query: str
    # More was typed than is looked for.
    was_cut: bool
    treatments: tuple[TreatmentLine, ...]
    categories: tuple[CategoryLine, ...]
    topics: tuple[FoundTopic, ...]
    among: int

    @property
    def found_nothing(self) -> bool:
        """Say whether words were looked for in vain."""
        return bool(self.query) and not (self.treatments or self.categories or self.topics)

    @property
    def is_full(self) -> bool:
        """Say whether there may be more topics than are shown."""
        return len(self.topics) == MOST


def search_page(session: Session, actor: Actor, typed: str) -> SearchPage:
    """Return what the actor may see and what has every word that was typed, large and small letters alike.

    Queries: 4 at most, 0 without a word
    """
    # More than a box takes is a program's, and tidying it all would be work for nothing.
    query = tidy_line(typed[: 2 * LONGEST_QUERY])
    was_cut = len(typed) > 2 * LONGEST_QUERY or len(query) > LONGEST_QUERY
    query = query[:LONGEST_QUERY].strip()
    words = query.casefold().split()
    if not words:
        return SearchPage("", was_cut, (), (), (), AMONG)

    def fits(*texts: str) -> bool:
        text = "\n".join(texts).casefold()
        return all(word in text for word in words)

    treatments = (
        line
        for line in treatments_page(session, actor).treatments
        if fits(line.title, *line.also_called, line.summary)
    )
    categories = (line for line in category_lines(session) if fits(line.name, line.description))
    return SearchPage(
        query=query,
        was_cut=was_cut,
        treatments=tuple(treatments)[:MOST],
        categories=tuple(categories)[:MOST],
        topics=topics_titled(session, actor, fits, among=AMONG, limit=MOST),
        among=AMONG,
    )
