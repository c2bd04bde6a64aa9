"""Marks and key images of readers, and the objects made of them."""

import sqlalchemy as sa
from alembic import op

from hub.store.tables.base import Instant

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

KINDS = "kind IN ('report-sr', 'report-pdf', 'reading-sr', 'marks-sr', 'key-images')"


def upgrade() -> None:
    op.create_table(
        "marking",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("marks", sa.JSON(), nullable=False),
        sa.Column("key_images", sa.JSON(), nullable=False),
        sa.Column("sr_uid", sa.String(length=64), nullable=False),
        sa.Column("ko_uid", sa.String(length=64), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_marking_study_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_marking_site_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_marking_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_marking")),
        sa.UniqueConstraint("study_id", "version", name=op.f("uq_marking_study_id_version")),
        sa.UniqueConstraint("sr_uid", name=op.f("uq_marking_sr_uid")),
        sa.UniqueConstraint("ko_uid", name=op.f("uq_marking_ko_uid")),
    )
    op.create_index(op.f("ix_marking_study_id"), "marking", ["study_id"], unique=False)
    with op.batch_alter_table("made_object", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_made_object_kind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_made_object_kind"), KINDS)
        batch_op.add_column(sa.Column("marking_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(op.f("fk_made_object_marking_id"), "marking", ["marking_id"], ["id"])
        batch_op.create_unique_constraint(op.f("uq_made_object_kind_marking_id"), ["kind", "marking_id"])
