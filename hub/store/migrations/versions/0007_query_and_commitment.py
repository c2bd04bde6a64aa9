"""Devices of a site, patients shared between sites, storage commitment."""

import sqlalchemy as sa
from alembic import op

from hub.store.tables.base import Instant

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("site", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("character_set", sa.String(length=16), nullable=False, server_default="ISO_IR 192")
        )
        batch_op.add_column(
            sa.Column("wants_availability", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    with op.batch_alter_table("study", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("study_number", sa.String(length=16), nullable=False, server_default="")
        )
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("confirmed_by", sa.String(length=16), nullable=False, server_default="")
        )
        batch_op.add_column(sa.Column("transaction_uid", sa.String(length=64), nullable=True))
    op.create_index(op.f("ix_delivery_transaction_uid"), "delivery", ["transaction_uid"], unique=True)
    op.create_table(
        "device",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("ae_title", sa.String(length=16), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=True),
        sa.Column("port", sa.Integer(), nullable=True),
        sa.Column("character_set", sa.String(length=16), nullable=False),
        sa.Column("wants_availability", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.CheckConstraint(
            "character_set IN ('ISO_IR 192', 'GB18030')", name=op.f("ck_device_character_set")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_device_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
        sa.UniqueConstraint("ae_title", name=op.f("uq_device_ae_title")),
    )
    op.create_index(op.f("ix_device_site_id"), "device", ["site_id"], unique=False)
    op.create_table(
        "sharing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patient_one", sa.Integer(), nullable=False),
        sa.Column("patient_other", sa.Integer(), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=False),
        sa.Column("consent", sa.Text(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["decided_by"], ["user_account.id"], name=op.f("fk_sharing_decided_by")),
        sa.ForeignKeyConstraint(["patient_one"], ["patient.id"], name=op.f("fk_sharing_patient_one")),
        sa.ForeignKeyConstraint(["patient_other"], ["patient.id"], name=op.f("fk_sharing_patient_other")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sharing")),
    )
    op.create_index("ix_sharing_one", "sharing", ["patient_one"], unique=False)
    op.create_index("ix_sharing_other", "sharing", ["patient_other"], unique=False)
    op.create_table(
        "commitment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("calling_ae", sa.String(length=16), nullable=False),
        sa.Column("transaction_uid", sa.String(length=64), nullable=False),
        sa.Column("instances", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("told_at", Instant(), nullable=True),
        sa.CheckConstraint("state IN ('asked', 'told', 'given-up')", name=op.f("ck_commitment_state")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_commitment_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commitment")),
        sa.UniqueConstraint(
            "site_id",
            "calling_ae",
            "transaction_uid",
            name=op.f("uq_commitment_site_id_calling_ae_transaction_uid"),
        ),
    )
