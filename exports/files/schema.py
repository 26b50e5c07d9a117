"""The columns a partner gets. There is no column for a native id, a handle or a key."""

from typing import Final

import pyarrow as pa

DELIVERED: Final = pa.schema(
    [
        pa.field("record_id", pa.string(), nullable=False),
        pa.field("author_id", pa.string(), nullable=False),
        pa.field("platform", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("published_at", pa.timestamp("us", tz="UTC")),
        pa.field("title", pa.string()),
        pa.field("text", pa.string()),
        pa.field("tags", pa.list_(pa.string())),
        pa.field(
            "media",
            pa.list_(
                pa.struct([("kind", pa.string()), ("url", pa.string()), ("alt", pa.string())])
            ),
        ),
        pa.field("adult", pa.bool_(), nullable=False),
        pa.field("parts_cut", pa.int16(), nullable=False),
    ]
)

# Smallest and largest value of a column go into a Parquet file's footer in clear, so
# only columns whose values everybody knows may have them.
DESCRIBED: Final = ["platform", "kind"]
DICTIONARIES: Final = ["platform", "kind", "media.list.element.kind"]
