"""Work done later: pre-reading, returning, reminding."""
