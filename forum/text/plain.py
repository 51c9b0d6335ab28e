"""Plain text as people type it into a form: line ends and invisible characters tidied, and nothing else."""

import unicodedata

# What has no use in a text and much use in disguising one: controls (but tab and newline), bidirectional
# overrides, and the byte order mark. Joiners stay, because scripts and emoji need them.
_UNWANTED = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


# More marks than any writing puts on one letter. Normalising takes time with the square of how many follow each
# other, so a longer run is cut before it.
MOST_MARKS_IN_A_ROW = 8


def tidy_line(text: str) -> str:
    """Return one line: NFC, inner white space collapsed, edges trimmed, invisible characters gone."""
    return " ".join(tidy_text(text).split())


def tidy_text(text: str) -> str:
    """Return several lines: NFC, newline-only line ends, edges trimmed, invisible characters gone."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(c for c in lines if c in "\n\t" or not _is_unwanted(c))
    # After the removal, which may have brought a letter and its accent together.
    normal = unicodedata.normalize("NFC", limit_marks(kept))
    # Once more, because a few characters come apart into a letter and marks.
    return limit_marks(normal).strip()


def limit_marks(text: str) -> str:
    """Return the text with at most eight combining marks in a row."""
    if text.isascii():
        return text
    kept = []
    run = 0
    for character in text:
        run = run + 1 if unicodedata.combining(character) else 0
        if run <= MOST_MARKS_IN_A_ROW:
            kept.append(character)
    return "".join(kept)


def sorting_form(text: str) -> str:
    """Return what a list sorts a name by: small letters, without their marks."""
    apart = unicodedata.normalize("NFKD", limit_marks(text))
    return "".join(c for c in apart.casefold() if not unicodedata.combining(c))


def _is_unwanted(character: str) -> bool:
    # Lone surrogates (Cs) can't be stored; the browser never sends them, a hostile client may.
    return unicodedata.category(character) in ("Cc", "Cs") or character in _UNWANTED
