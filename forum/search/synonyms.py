"""Other words for the same thing: groups that we ship (``synonyms.toml``), and those that the operator adds.

The operator's file stands in the data folder under the same name and in the same form. Each group holds for one
language, and whoever looks for one of its names finds them all.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from forum.search.engine import Phrase
from forum.search.words import forms_of

FILE_NAME = "synonyms.toml"
SHIPPED = Path(__file__).with_name(FILE_NAME)
# A group, and a name in it, that is longer makes every search slow; what is meant then is hardly one thing.
MOST_NAMES = 20
LONGEST_NAME = 60


class WrongSynonyms(ValueError):
    """The operator's file can't be read; the sentence says where."""


@dataclass(frozen=True, slots=True)
class Synonyms:
    """Groups of names that mean the same, by language."""

    groups: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    # For each name, by language: the others of its groups.
    _others: dict[str, dict[Phrase, tuple[Phrase, ...]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Work out what stands for what, once."""
        for language, groups in self.groups.items():
            self._others[language] = _table(language, groups)

    @property
    def longest(self) -> int:
        """Return how many words the longest of the names has."""
        return max((len(phrase) for table in self._others.values() for phrase in table), default=0)

    def others(self, phrase: Phrase, locale: str) -> tuple[Phrase, ...]:
        """Return what else the words mean in a language."""
        return self._others.get(_language(locale), {}).get(phrase, ())

    def names(self, locale: str) -> tuple[str, ...]:
        """Return every name in a language, as it is written."""
        return tuple(name for group in self.groups.get(_language(locale), ()) for name in group)


def load(folder: Path | None = None) -> Synonyms:
    """Return our groups, and those of the file in the operator's data folder, if there is one.

    Raises: WrongSynonyms
    """
    groups = dict(_read(SHIPPED))
    own = folder / FILE_NAME if folder else None
    if own is not None and own.is_file():
        for language, added in _read(own).items():
            groups[language] = (*groups.get(language, ()), *added)
    return Synonyms(groups)


def _read(file: Path) -> dict[str, tuple[tuple[str, ...], ...]]:
    try:
        written = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise WrongSynonyms(f"{file} can't be read: {error}") from None
    return {language.lower(): _groups(file, language, table) for language, table in written.items()}


def _groups(file: Path, language: str, table: Any) -> tuple[tuple[str, ...], ...]:
    groups = table.get("groups") if isinstance(table, dict) and set(table) == {"groups"} else None
    if not isinstance(groups, list):
        raise WrongSynonyms(f'{file}: under [{language}] there has to be: groups = [["one", "another"], …]')
    for group in groups:
        fits = isinstance(group, list) and 2 <= len(group) <= MOST_NAMES
        if not fits or not all(isinstance(name, str) and 0 < len(name) <= LONGEST_NAME for name in group):
            raise WrongSynonyms(
                f"{file}: a group has 2 to {MOST_NAMES} names of at most {LONGEST_NAME} characters, unlike {group!r}."
            )
    return tuple(tuple(group) for group in groups)


def _table(language: str, groups: Iterable[tuple[str, ...]]) -> dict[Phrase, tuple[Phrase, ...]]:
    table: dict[Phrase, dict[Phrase, None]] = {}
    for group in groups:
        phrases = dict.fromkeys(phrase for name in group if (phrase := tuple(forms_of(name, language))))
        for phrase in phrases:
            table.setdefault(phrase, {}).update(phrases)
    return {phrase: tuple(other for other in all_ if other != phrase) for phrase, all_ in table.items()}


def _language(locale: str) -> str:
    return locale.replace("_", "-").partition("-")[0].lower()
