"""The supervisor starts the hub's processes, keeps them running and ends them in order."""
