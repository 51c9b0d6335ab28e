"""The first words of a text, for where it is only pointed at. Nobody is named in them and nothing is quoted."""

from markupsafe import Markup

from forum.text.slots import MENTION, a_member, fill, plain, spaced


def plain_words(html: str) -> str:
    """Return a post's stored HTML as plain words on one line: nobody is named in them and nothing is quoted.

    Slots are looked for in the HTML, as where the post is shown: what only reads like one in the end stays as typed.
    """
    return spaced(plain(fill(html, _unnamed)))


def first_words(html: str, longest: int) -> str:
    """Return how a post's stored HTML begins, in plain words on one line; nothing where it holds no words."""
    return shortened(plain_words(html), longest)


def shortened(words: str, longest: int) -> str:
    """Return the words with at most so many characters, cut between two words where there is a gap near the end."""
    if len(words) <= longest:
        return words
    cut = words[: longest - 1]
    gap = cut.rfind(" ")
    # Writing without spaces is cut where it is.
    return f"{(cut[:gap] if gap > longest // 2 else cut).rstrip()}…"


def _unnamed(kind: str, _ordinal: int) -> Markup:
    return Markup("{}").format(a_member()) if kind == MENTION else Markup("")
