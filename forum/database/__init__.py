"""How data is stored: engines, sessions, column types, paging and page stamps. No table of a feature lives here."""
