"""What was rejected by mistake comes back to where it was, by a person with a reason; the rejection stays."""

import sqlalchemy as sa
from alembic import op

from hub.store.tables.base import Instant

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rejection", sa.Column("state", sa.String(length=16), nullable=False, server_default=""))
    op.add_column("rejection", sa.Column("note", sa.String(length=255), nullable=False, server_default=""))
    op.create_table(
        "withdrawal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rejection_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["rejection_id"], ["rejection.id"], name=op.f("fk_withdrawal_rejection_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_withdrawal_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_withdrawal")),
        sa.UniqueConstraint("rejection_id", name=op.f("uq_withdrawal_rejection_id")),
    )


def downgrade() -> None:
    op.drop_table("withdrawal")
    op.drop_column("rejection", "note")
    op.drop_column("rejection", "state")
