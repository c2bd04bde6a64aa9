"""What the hub knows about its own work: plain values and pure decisions, standard library only."""
