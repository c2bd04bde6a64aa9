"""The conformance statement (PS3.2), written from the tables that the hub itself works by."""
