"""Everything that is held about people: what each feature declared of its own tables, in one tuple."""

from forum.database.personal_data import Held

HELD: tuple[Held, ...] = ()
