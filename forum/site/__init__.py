"""The community's own front: home, about, help now, reading settings, health, and publishing the shipped texts."""
