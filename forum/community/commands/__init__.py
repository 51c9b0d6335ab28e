"""Everything that changes the community's own rows. A command checks, changes and announces; it never commits."""
