"""``python -m forum.cli`` is ``forum``."""

from forum.cli import main

if __name__ == "__main__":
    main()
