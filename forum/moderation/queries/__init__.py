"""The pages of moderation, read: column tuples into frozen dataclasses, a constant number of statements each."""
