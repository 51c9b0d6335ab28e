"""What is said in a copy to whoever opens it: headings, names of tables and columns, and the text that lies beside.

Programs find the names of tables and columns in ``data.json``; these here are for people, in the member's language.
"""

from dataclasses import dataclass
from datetime import datetime

from forum.text.translate import gettext as _
from forum.text.translate import lazy_gettext as lazy
from forum.text.translate import say_moment


@dataclass(frozen=True, slots=True)
class Chapter:
    """A part of the page, with its tables in order."""

    key: str
    title: str
    # By the name of the table: what it is called, and what can be said about it ("" for nothing).
    tables: dict[str, tuple[str, str]]


CHAPTERS: tuple[Chapter, ...] = (
    Chapter(
        "you",
        lazy("Who you are here"),
        {
            "member": (lazy("Your account"), lazy("Your age is not kept: only that you were old enough.")),
            "email_address": (lazy("Your e-mail address"), ""),
            "suspension": (lazy("That you may read and not write"), ""),
            "category_moderator": (lazy("Rooms that you moderate"), ""),
        },
    ),
    Chapter(
        "wrote",
        lazy("What you wrote"),
        {
            "topic": (lazy("Conversations that you began"), ""),
            "post": (lazy("Your posts"), ""),
            "post_version": (lazy("What stood in your posts before you changed them"), ""),
            "kept_post": (lazy("Posts that you want to stay, should you leave"), ""),
        },
    ),
    Chapter(
        "agreed",
        lazy("What you agreed to"),
        {
            "consent_record": (
                lazy("What you were asked, and what you said"),
                lazy("The folder “receipts” has a receipt for each of these, which can be checked."),
            ),
            "consent_event": (
                lazy("Its place in the ledger"),
                lazy("The ledger is a chain that nobody can change unseen. It holds no names."),
            ),
        },
    ),
    Chapter(
        "log-in",
        lazy("How you log in"),
        {
            "identity": (lazy("Accounts that you log in with"), ""),
            "passkey": (lazy("Your passkeys"), lazy("What opens your account is on your device alone.")),
            "recovery_code": (
                lazy("Your recovery codes"),
                lazy("The codes themselves are known to you alone."),
            ),
            "sign_in_session": (lazy("Where you are logged in"), ""),
        },
    ),
    Chapter(
        "told",
        lazy("What you were told"),
        {
            "notice": (lazy("What the moderators told you"), ""),
            "account_notice": (lazy("What happened with your account"), ""),
        },
    ),
    Chapter(
        "moderators",
        lazy("You and the moderators"),
        {
            "report": (lazy("What you told the moderators"), ""),
            "audit_entry": (lazy("What was decided about you"), ""),
        },
    ),
    Chapter(
        "leaving",
        lazy("Copies, and leaving"),
        {
            "data_export": (lazy("Copies that you asked for"), ""),
            "leaving": (lazy("That you are leaving"), ""),
            "deletion_request": (lazy("Wishes to be deleted that Facebook passed on"), ""),
            "erasure": (
                lazy("What must not come back with a backup"),
                lazy("This is kept as long as backups are, without your name."),
            ),
        },
    ),
)

# Where a column's words depend on its table, they stand under both names.
COLUMNS: dict[str, str] = {
    "action": lazy("What was done"),
    "actor_role": lazy("Done by"),
    "added_at": lazy("Added"),
    "address": lazy("Address"),
    "app_version": lazy("Version of the software"),
    "asked_at": lazy("Asked for"),
    "audience": lazy("Who can read it"),
    "begun_at": lazy("Since"),
    "browser": lazy("Browser"),
    "by_role": lazy("Told by"),
    "by_topic_author": lazy("In your own conversation"),
    "category_id": lazy("Number of the room"),
    "closed_at": lazy("Closed"),
    "commitment": lazy("Commitment"),
    "content_note": lazy("Content note"),
    "country": lazy("Country"),
    "credential_id": lazy("The passkey’s number"),
    "decision": lazy("What you said"),
    "dormant_since": lazy("Asleep since"),
    "edited_at": lazy("Changed"),
    "event": lazy("What happened"),
    "expires_at": lazy("Ends"),
    "facts": lazy("Details"),
    "finished_at": lazy("Finished"),
    "gpc": lazy("Your browser asked not to share (GPC)"),
    "happened_at": lazy("When"),
    "hash": lazy("Hash"),
    "id": lazy("Number"),
    "intent": lazy("What you asked for"),
    "interface_text_sha256": lazy("Hash of the words that you were shown"),
    "issuer": lazy("Who knows you there"),
    "joined_at": lazy("Joined"),
    "kind": lazy("What it was"),
    "last_seen_on": lazy("Last day here"),
    "last_used_on": lazy("Last used"),
    "locale": lazy("Language"),
    "made_at": lazy("When"),
    "markdown": lazy("Text"),
    "message": lazy("Message"),
    "method": lazy("Where you said it"),
    "name": lazy("Name"),
    "name_since": lazy("Has this name since"),
    "note": lazy("Your words"),
    "number": lazy("Place in the conversation"),
    "outcome": lazy("What became of it"),
    "policies": lazy("Policies in force"),
    "policies_seen_at": lazy("Policies last seen"),
    "post_id": lazy("Number of the post"),
    "posts": lazy("What is to become of your posts"),
    "previous_hash": lazy("Hash before it"),
    "proof": lazy("How you showed that it is you"),
    "proved_at": lazy("When you showed it"),
    "provider": lazy("Provider"),
    "purpose": lazy("What for"),
    "raised_at": lazy("When"),
    "reason": lazy("Why"),
    "record_id": lazy("Number of the record"),
    "replaced_at": lazy("Until"),
    "report_id": lazy("Number of the report"),
    "role": lazy("Role"),
    "salt": lazy("Salt"),
    "schema_version": lazy("Form of the record"),
    "seen_at": lazy("Seen"),
    "sequence": lazy("Number in the ledger"),
    "sign_count": lazy("Times used, as your device counts"),
    "since": lazy("Since"),
    "size": lazy("Size in bytes"),
    "started_at": lazy("Begun"),
    "state": lazy("State"),
    "state_before": lazy("State before"),
    "subject": lazy("Your number there"),
    "consent_record.subject": lazy("Your number here"),
    "system": lazy("Device"),
    "their_words": lazy("The words that it was about"),
    "title": lazy("Title"),
    "topic_id": lazy("Number of the conversation"),
    "until": lazy("Until"),
    "user_handle": lazy("Your number on the device"),
    "uuid": lazy("Your number here"),
    "verified_at": lazy("Known to be yours since"),
    "warned_inactive_on": lazy("Told that your account would end"),
    "written_at": lazy("Written"),
}


def label_of(table: str, column: str) -> str:
    """Return what a column is called. One that has no words yet goes by its own name: it must not be left out."""
    return str(COLUMNS.get(f"{table}.{column}") or COLUMNS.get(column) or column)


def explanation(made_at: datetime) -> list[str]:
    """Return the lines of the text that lies in a copy and says which file is what."""
    lines = (
        _(
            "This is a copy of everything of yours that was kept here on %(moment)s (UTC).",
            moment=say_moment(made_at),
        ),
        _("It may say things about your health. Keep it where nobody but you opens it."),
        "",
        "index.html",
        _("Everything to read: open it in a browser. It needs no network, and tells nobody."),
        "",
        "csv/",
        _(
            "The same as spreadsheets, one for each kind of thing. Where a cell began with =, +, - or @, an "
            "apostrophe stands in front, so that no spreadsheet takes it for something to run."
        ),
        "",
        "data.json",
        _("The same for programs. The file export.schema.json says what is what."),
        "",
        "receipts/",
        _(
            "A receipt for each thing that you were asked for, agreed to or took back, with which it can be checked."
        ),
        "",
        _("There is no folder with pictures or other files: nobody can send any here yet."),
    )
    return [f"{line}\r\n" for line in lines]
