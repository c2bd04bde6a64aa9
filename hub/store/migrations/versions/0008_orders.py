"""Orders, performed procedure steps, and the HL7 messages that were answered."""

import sqlalchemy as sa
from alembic import op

from hub.store.tables.base import Instant

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def _text(name: str, length: int) -> sa.Column:
    return sa.Column(name, sa.String(length=length), nullable=False)


def upgrade() -> None:
    op.create_table(
        "exam_order",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        _text("accession", 16),
        _text("placer_number", 64),
        _text("filler_number", 64),
        _text("patient_id", 64),
        _text("name", 64),
        _text("birth_date", 8),
        _text("sex", 1),
        _text("modality", 16),
        _text("station_ae", 16),
        _text("scheduled_date", 8),
        _text("scheduled_time", 6),
        _text("description", 64),
        _text("code_value", 16),
        _text("code_scheme", 16),
        _text("body_part", 16),
        _text("referring", 64),
        sa.Column("reason", sa.Text(), nullable=False),
        _text("study_instance_uid", 64),
        _text("procedure_id", 16),
        _text("step_id", 16),
        _text("state", 16),
        _text("source", 16),
        _text("created_by", 64),
        sa.Column("created_at", Instant(), nullable=False),
        sa.CheckConstraint(
            "state IN ('scheduled', 'in-progress', 'completed', 'cancelled')",
            name=op.f("ck_exam_order_state"),
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_exam_order_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exam_order")),
        sa.UniqueConstraint("site_id", "accession", name=op.f("uq_exam_order_site_id_accession")),
        sa.UniqueConstraint("study_instance_uid", name=op.f("uq_exam_order_study_instance_uid")),
    )
    op.create_index(op.f("ix_exam_order_placer_number"), "exam_order", ["placer_number"], unique=False)
    op.create_index(
        "ix_exam_order_site_state_date", "exam_order", ["site_id", "state", "scheduled_date"], unique=False
    )
    op.create_table(
        "performed_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=True),
        _text("sop_instance_uid", 64),
        _text("study_instance_uid", 64),
        _text("calling_ae", 16),
        _text("modality", 16),
        _text("state", 16),
        sa.Column("expected", sa.JSON(), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "state IN ('IN PROGRESS', 'COMPLETED', 'DISCONTINUED')", name=op.f("ck_performed_step_state")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["exam_order.id"], name=op.f("fk_performed_step_order_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_performed_step_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_performed_step")),
        sa.UniqueConstraint("sop_instance_uid", name=op.f("uq_performed_step_sop_instance_uid")),
    )
    op.create_index(
        "ix_performed_step_site_study", "performed_step", ["site_id", "study_instance_uid"], unique=False
    )
    op.create_table(
        "hl7_message",
        sa.Column("id", sa.Integer(), nullable=False),
        _text("sender", 160),
        _text("control_id", 64),
        _text("digest", 64),
        _text("answer", 2),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hl7_message")),
        sa.UniqueConstraint("sender", "control_id", name=op.f("uq_hl7_message_sender_control_id")),
    )
