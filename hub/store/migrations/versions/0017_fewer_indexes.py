"""Two indexes that are the beginnings of unique keys: every arrival wrote them for nobody."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_study_site_id", table_name="study")
    op.drop_index("ix_patient_site_patient_id", table_name="patient")


def downgrade() -> None:
    op.create_index("ix_patient_site_patient_id", "patient", ["site_id", "patient_id"])
    op.create_index("ix_study_site_id", "study", ["site_id"])
