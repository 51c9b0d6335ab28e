"""The one thing that goes wrong with copies of a database."""


class BackupFailed(Exception):
    """A copy can't be made or put back; the message is a sentence for the operator, and quotes no row."""
