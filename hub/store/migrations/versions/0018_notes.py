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
    with op.batch_alter_table("study", schema=None) as batch_op:
        batch_op.alter_column(
            "note", existing_type=sa.String(was), type_=sa.String(size), existing_nullable=False
        )
