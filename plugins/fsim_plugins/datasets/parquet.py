"""A catalog kept as a Parquet table."""

from __future__ import annotations

from pathlib import Path

from fsim.errors import FsimError
from fsim_plugins.tables.catalog_columns import catalog_columns
from fsim_plugins.tables.table_file import TableFile
from fsim_plugins.tables.table_rows import TableRows


class Parquet(TableFile):
    """A Parquet table with a row an image, of which only the columns of a catalog are read.

    The columns are those of the dataset `csv`, and so are the parameters (`fsim describe dataset csv`). A box is a list
    of four numbers, attributes are a struct, a map or a list of words, several captions a list; what `csv` reads as
    text is read too.

    Raises:
        FsimError: the file is missing or unreadable, has no column `image`, or a cell
            cannot be read or a box holds nothing (the row is named, from 1).
    """

    def _rows(self, file: Path) -> TableRows:
        import pyarrow  # here, because it takes a quarter of a second
        from pyarrow import parquet

        try:
            with parquet.ParquetFile(file) as table:
                wanted = table.read(catalog_columns(file, table.schema_arrow.names))
        except (OSError, pyarrow.ArrowException) as error:
            raise FsimError(f"cannot read {file}: {error}; set data.dataset.file to a Parquet file") from error
        kind = wanted.schema.field("image").type
        if pyarrow.types.is_nested(kind) or pyarrow.types.is_binary(kind) or pyarrow.types.is_large_binary(kind):
            raise FsimError(
                f"the column 'image' of {file} is {kind} and no text: pictures that lie in the table themselves are "
                f"read by the dataset huggingface, whose root is the folder of the file"
            )
        columns = {name: wanted[name].to_pylist(maps_as_pydicts="strict") for name in wanted.column_names}
        return TableRows(columns, lambda row: f"{file}, row {row + 1}")
