"""Rejected instances, who rejected them and why, and the key objects that tell of it."""

import sqlalchemy as sa
from alembic import op

from hub.store.tables.base import Instant

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

KINDS = "kind IN ('report-sr', 'report-pdf', 'reading-sr', 'marks-sr', 'key-images', 'rejection-note')"


def upgrade() -> None:
    op.create_table(
        "rejection",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("instances", sa.JSON(), nullable=False),
        sa.Column("identity", sa.JSON(), nullable=False),
        sa.Column("ko_uid", sa.String(length=64), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.CheckConstraint("reason IN ('quality', 'patient', 'worklist')", name=op.f("ck_rejection_reason")),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_rejection_study_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_rejection_site_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_rejection_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rejection")),
        sa.UniqueConstraint("ko_uid", name=op.f("uq_rejection_ko_uid")),
    )
    op.create_index(op.f("ix_rejection_study_id"), "rejection", ["study_id"], unique=False)
    op.add_column("instance", sa.Column("rejected", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("made_object", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_made_object_kind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_made_object_kind"), KINDS)
        batch_op.add_column(sa.Column("rejection_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_made_object_rejection_id"), "rejection", ["rejection_id"], ["id"]
        )
        batch_op.create_unique_constraint(op.f("uq_made_object_kind_rejection_id"), ["kind", "rejection_id"])
