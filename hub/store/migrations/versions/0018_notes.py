"""A study's note holds several words: none takes the place of another.

SQLite knows no lengths, and would have to copy the table, which others refer to.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _resize(255)


def downgrade() -> None:
    _resize(64)


def _resize(size: int) -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.alter_column("study", "note", type_=sa.String(size))
