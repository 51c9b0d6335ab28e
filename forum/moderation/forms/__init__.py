"""What people send to moderation's addresses, parsed into drafts: telling, working reports, members, the log."""
