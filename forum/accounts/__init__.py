"""Who is a member and how they come in: identities at providers, sign-in attempts and sessions."""
