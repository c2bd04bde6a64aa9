"""What was refused because it cannot be understood: its study says so, and does not wait for it."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "untaken_instance", sa.Column("unreadable", sa.Boolean(), nullable=False, server_default=sa.false())
    )


def downgrade() -> None:
    with op.batch_alter_table("untaken_instance", schema=None) as batch_op:
        batch_op.drop_column("unreadable")
