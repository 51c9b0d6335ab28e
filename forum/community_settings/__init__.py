"""What administrators set for the whole community, apart from the operator's deploy settings."""
