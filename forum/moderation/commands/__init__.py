"""Everything that changes moderation's rows, but the helplines: reports, threads, members. Commands never commit."""
