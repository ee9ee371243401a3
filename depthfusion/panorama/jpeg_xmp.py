"""The XMP packet of a JPEG, with the extension that holds GDepth pictures."""

from __future__ import annotations

from pathlib import Path

_MAIN = b"http://ns.adobe.com/xap/1.0/\0"
_EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"
_MAX_EXTENSION_BYTES = 100_000_000
_APP1, _START_OF_SCAN = 0xE1, 0xDA


def xmp_from_jpeg(path: Path) -> bytes:
    """Return the main packet followed by its extension (Adobe XMP part 3), b"" if there is none.

    Broken segments end the search; what was found until then is returned.
    """
    main, parts = b"", {}
    for segment in _app1_segments(path):
        if segment.startswith(_MAIN) and not main:
            main = segment[len(_MAIN) :]
        elif segment.startswith(_EXTENSION) and len(segment) > len(_EXTENSION) + 40:
            # 32 bytes GUID, 4 bytes full length, 4 bytes offset
            body = segment[len(_EXTENSION) + 32 :]
            parts[int.from_bytes(body[4:8], "big")] = body[8:]
    extension = b"".join(parts[offset] for offset in sorted(parts))
    return main + extension[:_MAX_EXTENSION_BYTES]


def _app1_segments(path: Path) -> list[bytes]:
    found: list[bytes] = []
    with path.open("rb") as file:
        file.seek(2)
        while True:
            head = file.read(4)
            if len(head) < 4 or head[0] != 0xFF or head[1] == _START_OF_SCAN:
                return found
            length = int.from_bytes(head[2:], "big") - 2
            if length < 0:
                return found
            if head[1] == _APP1:
                found.append(file.read(length))
            else:
                file.seek(length, 1)
