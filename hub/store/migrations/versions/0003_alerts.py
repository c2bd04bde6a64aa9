"""How many alerts the rules raised in a pre-read, so that the worklist finds them without opening it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the count; readings from before have none."""
    with op.batch_alter_table("pre_read") as batch_op:
        batch_op.add_column(sa.Column("alerts", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    """Drop the count."""
    with op.batch_alter_table("pre_read") as batch_op:
        batch_op.drop_column("alerts")
