"""Measurements, run by hand (``make bench``): they print what was seen. No test depends on how fast a machine is."""
