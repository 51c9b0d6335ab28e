"""Real servers for the tests, started by ourselves. Nothing here stands in for one."""
