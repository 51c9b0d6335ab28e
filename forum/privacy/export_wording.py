"""What is said in a copy to whoever opens it: headings, names of tables and columns, and the text that lies beside.

Programs find the names of tables and columns in ``data.json``; these here are for people, in the member's language.
"""

from dataclasses import dataclass
from datetime import datetime

from forum.text.translate import gettext as _
from forum.text.translate import lazy_gettext, say_moment


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
        lazy_gettext("Who you are here"),
        {
            "member": (
                lazy_gettext("Your account"),
                lazy_gettext("Your age is not kept: only that you were old enough."),
            ),
            "email_address": (lazy_gettext("Your e-mail address"), ""),
            "profile": (
                lazy_gettext("What you say about yourself"),
                lazy_gettext("Beside each part stands who may see it."),
            ),
            "member_term": (lazy_gettext("Conditions and treatments that you say are yours"), ""),
            "suspension": (lazy_gettext("That you may read and not write"), ""),
            "category_moderator": (lazy_gettext("Rooms that you moderate"), ""),
        },
    ),
    Chapter(
        "wrote",
        lazy_gettext("What you wrote"),
        {
            "topic": (lazy_gettext("Conversations that you began"), ""),
            "post": (lazy_gettext("Your posts"), ""),
            "post_version": (lazy_gettext("What stood in your posts before you changed them"), ""),
            "image": (
                lazy_gettext("Your pictures"),
                lazy_gettext("The folder “pictures” has them, by their names."),
            ),
            "kept_draft": (lazy_gettext("What you were writing and did not send"), ""),
            "reaction": (lazy_gettext("Your reactions to what others wrote"), ""),
            "kept_post": (lazy_gettext("Posts that you want to stay, should you leave"), ""),
        },
    ),
    Chapter(
        "agreed",
        lazy_gettext("What you agreed to"),
        {
            "consent_record": (
                lazy_gettext("What you were asked, and what you said"),
                lazy_gettext("The folder “receipts” has a receipt for each of these, which can be checked."),
            ),
            "consent_event": (
                lazy_gettext("Its place in the ledger"),
                lazy_gettext("The ledger is a chain that nobody can change unseen. It holds no names."),
            ),
        },
    ),
    Chapter(
        "read",
        lazy_gettext("How you read here"),
        {
            "bookmark": (lazy_gettext("Posts that you bookmarked"), ""),
            "topic_watch": (lazy_gettext("Conversations that you follow or muted"), ""),
            "category_watch": (lazy_gettext("Rooms that you follow or muted"), ""),
            "read_mark": (lazy_gettext("How far you read"), ""),
            "visit": (lazy_gettext("When you were here last"), ""),
            "block": (
                lazy_gettext("People whom you blocked"),
                lazy_gettext("Who they are stands on your page of blocked people, and not in a copy."),
            ),
        },
    ),
    Chapter(
        "log-in",
        lazy_gettext("How you log in"),
        {
            "identity": (lazy_gettext("Accounts that you log in with"), ""),
            "passkey": (
                lazy_gettext("Your passkeys"),
                lazy_gettext("What opens your account is on your device alone."),
            ),
            "recovery_code": (
                lazy_gettext("Your recovery codes"),
                lazy_gettext("The codes themselves are known to you alone."),
            ),
            "sign_in_session": (lazy_gettext("Where you are logged in"), ""),
        },
    ),
    Chapter(
        "told",
        lazy_gettext("What you were told"),
        {
            "notice": (lazy_gettext("What the moderators told you"), ""),
            "account_notice": (lazy_gettext("What happened with your account"), ""),
        },
    ),
    Chapter(
        "moderators",
        lazy_gettext("You and the moderators"),
        {
            "report": (lazy_gettext("What you told the moderators"), ""),
            "audit_entry": (lazy_gettext("What was decided about you"), ""),
        },
    ),
    Chapter(
        "leaving",
        lazy_gettext("Copies, and leaving"),
        {
            "data_export": (lazy_gettext("Copies that you asked for"), ""),
            "leaving": (lazy_gettext("That you are leaving"), ""),
            "deletion_request": (lazy_gettext("Wishes to be deleted that Facebook passed on"), ""),
            "erasure": (
                lazy_gettext("What must not come back with a backup"),
                lazy_gettext("This is kept as long as backups are, without your name."),
            ),
        },
    ),
)

# Where a column's words depend on its table, they stand under both names.
COLUMNS: dict[str, str] = {
    "about": lazy_gettext("In your own words"),
    "about_for": lazy_gettext("Who may see your own words"),
    "action": lazy_gettext("What was done"),
    "actor_role": lazy_gettext("Done by"),
    "added_at": lazy_gettext("Added"),
    "address": lazy_gettext("Address"),
    "age_band": lazy_gettext("About how old you are"),
    "age_band_for": lazy_gettext("Who may see how old you are"),
    "alt": lazy_gettext("What can be seen on it"),
    "app_version": lazy_gettext("Version of the software"),
    "asked_at": lazy_gettext("Asked for"),
    "audience": lazy_gettext("Who can read it"),
    "begun_at": lazy_gettext("Since"),
    "blocked_on": lazy_gettext("Blocked"),
    "browser": lazy_gettext("Browser"),
    "by_role": lazy_gettext("Told by"),
    "by_topic_author": lazy_gettext("In your own conversation"),
    "category_id": lazy_gettext("Number of the room"),
    "category_slug": lazy_gettext("Room that you chose"),
    "closed_at": lazy_gettext("Closed"),
    "commitment": lazy_gettext("Commitment"),
    "condition": lazy_gettext("Condition that you chose"),
    "condition_id": lazy_gettext("For those with this condition"),
    "conditions_for": lazy_gettext("Who may see your conditions"),
    "content_note": lazy_gettext("Content note"),
    "country": lazy_gettext("Country"),
    "country_for": lazy_gettext("Who may see your country"),
    "credential_id": lazy_gettext("The passkey’s number"),
    "decision": lazy_gettext("What you said"),
    "dormant_since": lazy_gettext("Asleep since"),
    "edited_at": lazy_gettext("Changed"),
    "event": lazy_gettext("What happened"),
    "expires_at": lazy_gettext("Ends"),
    "facts": lazy_gettext("Details"),
    "finished_at": lazy_gettext("Finished"),
    "gpc": lazy_gettext("Your browser asked not to share (GPC)"),
    "happened_at": lazy_gettext("When"),
    "hash": lazy_gettext("Hash"),
    "id": lazy_gettext("Number"),
    "intent": lazy_gettext("What you asked for"),
    "interface_text_sha256": lazy_gettext("Hash of the words that you were shown"),
    "issuer": lazy_gettext("Who knows you there"),
    "joined_at": lazy_gettext("Joined"),
    "kind": lazy_gettext("What it was"),
    "last_at": lazy_gettext("Last page"),
    "last_seen_on": lazy_gettext("Last day here"),
    "last_used_on": lazy_gettext("Last used"),
    "level": lazy_gettext("How"),
    "listed_as": lazy_gettext("In the list of members, sorted as"),
    "locale": lazy_gettext("Language"),
    "made_at": lazy_gettext("When"),
    "markdown": lazy_gettext("Text"),
    "message": lazy_gettext("Message"),
    "method": lazy_gettext("Where you said it"),
    "name": lazy_gettext("Name"),
    "name_since": lazy_gettext("Has this name since"),
    "note": lazy_gettext("Your words"),
    "number": lazy_gettext("Place in the conversation"),
    "read_mark.number": lazy_gettext("Up to this post"),
    "outcome": lazy_gettext("What became of it"),
    "policies": lazy_gettext("Policies in force"),
    "policies_seen_at": lazy_gettext("Policies last seen"),
    "post_id": lazy_gettext("Number of the post"),
    "posts": lazy_gettext("What is to become of your posts"),
    "previous_hash": lazy_gettext("Hash before it"),
    "proof": lazy_gettext("How you showed that it is you"),
    "proved_at": lazy_gettext("When you showed it"),
    "provider": lazy_gettext("Provider"),
    "purpose": lazy_gettext("What for"),
    "raised_at": lazy_gettext("When"),
    "reason": lazy_gettext("Why"),
    "record_id": lazy_gettext("Number of the record"),
    "replaced_at": lazy_gettext("Until"),
    "report_id": lazy_gettext("Number of the report"),
    "role": lazy_gettext("Role"),
    "salt": lazy_gettext("Salt"),
    "saved_at": lazy_gettext("Saved"),
    "schema_version": lazy_gettext("Form of the record"),
    "seen_at": lazy_gettext("Seen"),
    "sequence": lazy_gettext("Number in the ledger"),
    "sign_count": lazy_gettext("Times used, as your device counts"),
    "since": lazy_gettext("Since"),
    "size": lazy_gettext("Size in bytes"),
    "started_at": lazy_gettext("Begun"),
    "state": lazy_gettext("State"),
    "state_before": lazy_gettext("State before"),
    "subject": lazy_gettext("Your number there"),
    "consent_record.subject": lazy_gettext("Your number here"),
    "system": lazy_gettext("Device"),
    "term_id": lazy_gettext("Condition or treatment"),
    "their_words": lazy_gettext("The words that it was about"),
    "title": lazy_gettext("Title"),
    "topic_id": lazy_gettext("Number of the conversation"),
    "treatments_for": lazy_gettext("Who may see your treatments"),
    "until": lazy_gettext("Until"),
    "user_handle": lazy_gettext("Your number on the device"),
    "uuid": lazy_gettext("Your number here"),
    "verified_at": lazy_gettext("Known to be yours since"),
    "warned_inactive_on": lazy_gettext("Told that your account would end"),
    "words": lazy_gettext("Text"),
    "written_at": lazy_gettext("Written"),
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
        "pictures/",
        _("The pictures that you added, by the names that they have here."),
    )
    return [f"{line}\r\n" for line in lines]
