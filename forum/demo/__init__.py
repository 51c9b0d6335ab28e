"""Trying Alongside out without credentials: a stand-in for the sign-in providers, and what runs both.

Not in the wheel, and imported by nothing else. It lets anyone be anyone, so it starts only where ``guard``
finds nothing missing: on this machine alone, outside production, and because someone asked for it.
"""
