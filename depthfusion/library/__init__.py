"""The library: every world in a folder of its own, and an index that finds them.

The folders are the truth. What people add (title, favourite, comment, view) is kept in each world's
`world.json`; the SQLite index can be lost at any moment and is made anew from the folders.

    with Library() as library:
        library.scan()
        for world in library.page(Query("moss"), 0, 50):
            print(world.title, world.folder)
"""

from __future__ import annotations

from depthfusion.library.check import Checked
from depthfusion.library.importing import Imported
from depthfusion.library.library import Library
from depthfusion.library.moving import Moved
from depthfusion.library.place import LIBRARY_VARIABLE, default_folder
from depthfusion.library.query import Order, Query
from depthfusion.library.scan import Scanned, ScanThread
from depthfusion.library.trash import Deletion
from depthfusion.library.world import World

__all__ = [
    "LIBRARY_VARIABLE",
    "Checked",
    "Deletion",
    "Imported",
    "Library",
    "Moved",
    "Order",
    "Query",
    "ScanThread",
    "Scanned",
    "World",
    "default_folder",
]
