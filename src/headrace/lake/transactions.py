"""pyiceberg's transaction and overwrite, made to stay fast over a long history."""

from pyiceberg.manifest import ManifestFile
from pyiceberg.table import Table, Transaction
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.snapshots import Operation
from pyiceberg.table.update import TableUpdate, update_table_metadata
from pyiceberg.table.update.snapshot import _OverwriteFiles


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


class LeanOverwrite(_OverwriteFiles):
    """Leaves manifests behind that hold no current file.

    pyiceberg carries on the list of what each overwrite deleted, so every replaced window would slow all later ones.
    """

    def _existing_manifests(self) -> list[ManifestFile]:
        found: list[ManifestFile] = super()._existing_manifests()
        return [manifest for manifest in found if manifest.has_added_files() or manifest.has_existing_files()]


def overwrite(transaction: Transaction, summary: dict[str, str]) -> LeanOverwrite:
    """A snapshot that takes files out of the table and puts others in, with ``summary`` in its own."""
    return LeanOverwrite(Operation.OVERWRITE, transaction, transaction._table.io, snapshot_properties=summary)
