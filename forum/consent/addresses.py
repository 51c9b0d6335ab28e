"""Where policies are read. Every link to one is made here, so that none forgets the language."""

from forum.consent.models import PolicyKind
from forum.text.translate import DEFAULT_LOCALE


def address_of(kind: PolicyKind, locale: str, rest: str = "") -> str:
    """Return an address of a policy; ``rest`` is a version's number, and what of it.

    It names the language where that isn't the one that every policy is there in: versions are counted in each language
    of its own.
    """
    path = f"/policies/{kind.value}/{rest}" if rest else f"/policies/{kind.value}"
    return path if locale == DEFAULT_LOCALE else f"{path}?language={locale}"


def address_of_changes(kind: PolicyKind, locale: str, version: int, before: int | None) -> str:
    """Return where it is said what a version changed of the one before it; "" where there was none."""
    return address_of(kind, locale, f"{version}/changes") if before else ""
