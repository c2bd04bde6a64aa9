"""The statement library: what the network's labels come to once contradictions are resolved."""
