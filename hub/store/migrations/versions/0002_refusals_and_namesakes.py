# ruff: noqa: E501
"""Counts of refusals on their way into the audit trail; a number for each person of one PatientID; histories."""

import sqlalchemy as sa
from alembic import op

from hub.store.tables.base import Instant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "refusal_window",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("minute", Instant(), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("further", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refusal_window")),
        sa.UniqueConstraint("minute", "address", "kind", name=op.f("uq_refusal_window_minute_address_kind")),
    )
    with op.batch_alter_table("patient", schema=None) as batch_op:
        batch_op.add_column(sa.Column("ordinal", sa.Integer(), nullable=False, server_default="1"))
    with op.batch_alter_table("study", schema=None) as batch_op:
        batch_op.add_column(sa.Column("history", sa.String(length=1024), nullable=False, server_default=""))
    # Who shares a number already is counted in the order of their rows.
    op.execute(
        "UPDATE patient SET ordinal = (SELECT count(*) FROM patient AS earlier WHERE earlier.site_id = patient.site_id"
        " AND earlier.patient_id = patient.patient_id AND earlier.id <= patient.id) WHERE patient_id IS NOT NULL"
    )
    with op.batch_alter_table("patient", schema=None) as batch_op:
        batch_op.create_unique_constraint(
            batch_op.f("uq_patient_site_id_patient_id_ordinal"), ["site_id", "patient_id", "ordinal"]
        )
