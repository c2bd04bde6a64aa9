"""The triggers that keep audit rows and signed reports from being changed or deleted."""

from sqlalchemy import Connection

GUARDED = ("audit", "report")
#: When a new row would take the place of one that is there.
TAKEN = {
    "audit": "number = NEW.number",
    "report": "id = NEW.id OR sr_uid = NEW.sr_uid OR pdf_uid = NEW.pdf_uid "
    "OR (study_id = NEW.study_id AND version = NEW.version)",
}


def guard_audit(connection: Connection) -> None:
    """Refuse UPDATE and DELETE on `audit` and `report`, whoever asks through the database."""
    for table in GUARDED:
        if connection.dialect.name == "sqlite":
            _guard_sqlite(connection, table)
        else:
            _guard_postgresql(connection, table)


def _guard_sqlite(connection: Connection, table: str) -> None:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} rows are never changed'); END"
    for act in ("UPDATE", "DELETE"):
        connection.exec_driver_sql(
            f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} {refuse}"
        )
    # INSERT OR REPLACE deletes without a DELETE trigger, unless the connection asks for recursive ones.
    connection.exec_driver_sql(
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {TAKEN[table]}) {refuse}"
    )


def _guard_postgresql(connection: Connection, table: str) -> None:
    connection.exec_driver_sql(
        f"CREATE FUNCTION {table}_unchanged() RETURNS trigger AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} rows are never changed'; END $$ LANGUAGE plpgsql"
    )
    connection.exec_driver_sql(
        f"CREATE TRIGGER {table}_unchanged BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_unchanged()"
    )
