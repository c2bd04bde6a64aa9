"""What SQLite and PostgreSQL each say in their own words."""

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite


def insert_of(dialect: str) -> Any:
    """Return the `insert` whose statements know ON CONFLICT in that dialect."""
    return postgresql.insert if dialect == "postgresql" else sqlite.insert
