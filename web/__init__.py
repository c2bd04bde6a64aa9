"""The pages where people read, sign and receive."""
