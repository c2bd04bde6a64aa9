"""What doctors set on ECGs beside the machine's values."""

import sqlalchemy as sa
from alembic import op

from hub.store.tables.base import Instant

revision = "0014"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ecg_edit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("marks", sa.JSON(), nullable=False),
        sa.Column("moved", sa.JSON(), nullable=False),
        sa.Column("typed", sa.JSON(), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("machine", sa.JSON(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_ecg_edit_study_id")),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_ecg_edit_instance_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_ecg_edit_site_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_ecg_edit_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ecg_edit")),
        sa.UniqueConstraint("instance_id", "version", name=op.f("uq_ecg_edit_instance_id_version")),
    )
    op.create_index(op.f("ix_ecg_edit_study_id"), "ecg_edit", ["study_id"], unique=False)
