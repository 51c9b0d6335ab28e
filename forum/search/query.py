"""What is looked for, once what was typed was read: words in their normal form, and nothing of how it was typed."""

from dataclasses import dataclass
from typing import TypeAlias

# Words in their normal form (see ``words``) that follow one another.
Phrase: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that has to be there: any of these phrases, which mean the same."""

    any_of: tuple[Phrase, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """All of the terms have to be there, and none of ``without``. With no term at all nothing can be looked up."""

    terms: tuple[Term, ...] = ()
    without: tuple[Phrase, ...] = ()
