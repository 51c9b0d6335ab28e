"""What administrators look at and set. What they change are other rooms' commands; here are pages only."""
