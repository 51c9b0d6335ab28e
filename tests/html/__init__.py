"""Tests of what every page is written in: HTML, CSS and SVG as their standards say."""
