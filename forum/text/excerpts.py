"""The first words of a text, for where it is only pointed at. Nobody is named in them and nothing is quoted."""

from forum.text.slots import neutral_words, plain


def first_words(html: str, longest: int) -> str:
    """Return how a post's stored HTML begins, in plain words on one line; nothing where it holds no words."""
    return shortened(" ".join(neutral_words(plain(html)).split()), longest)


def shortened(words: str, longest: int) -> str:
    """Return the words with at most so many characters, cut between two words where there is a gap near the end."""
    if len(words) <= longest:
        return words
    cut = words[: longest - 1]
    gap = cut.rfind(" ")
    # Writing without spaces is cut where it is.
    return f"{(cut[:gap] if gap > longest // 2 else cut).rstrip()}…"
