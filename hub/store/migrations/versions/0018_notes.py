"""A study's note holds several words: none takes the place of another."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _resize(64, 255)


def downgrade() -> None:
    _resize(255, 64)


def _resize(was: int, size: int) -> None:
    """SQLite keeps no lengths, and would have to drop the table that its foreign keys hold."""
    if op.get_context().dialect.name == "sqlite":
        return
    op.alter_column(
        "study", "note", existing_type=sa.String(was), type_=sa.String(size), existing_nullable=False
    )  # fmt: skip
