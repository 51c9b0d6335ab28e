"""What moderators need: reports and worries, and the helplines that care refers to."""
