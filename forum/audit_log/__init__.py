"""Who decided what, when and why: written by the commands of every feature, never changed, and without any text."""
