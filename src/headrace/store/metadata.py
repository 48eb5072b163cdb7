"""The one SQLAlchemy MetaData on which every table of the store is declared."""

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Json = sa.Text  # JSON text as msgspec writes it: the same bytes on SQLite and PostgreSQL
Millis = sa.BigInteger  # epoch milliseconds, UTC
