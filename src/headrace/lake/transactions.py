"""A pyiceberg transaction that stays fast over a long history."""

from pyiceberg.table import Table, Transaction
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.update import TableUpdate, update_table_metadata


class SteadyTransaction(Transaction):
    """Derives the staged metadata once per staged update.

    pyiceberg derives it at every look, each time copying every snapshot: some seventeen copies in one commit.
    """

    def __init__(self, table: Table) -> None:
        super().__init__(table)
        self._derived: tuple[tuple[TableUpdate, ...], TableMetadata] = ((), table.metadata)

    @property
    def table_metadata(self) -> TableMetadata:
        """The table's metadata with everything that is staged."""
        if self._derived[0] is not self._updates:
            self._derived = (self._updates, update_table_metadata(self._table.metadata, self._updates))
        return self._derived[1]
