"""The table of keys and the card (and with it the documentation) say the same."""

from depthfusion.gui import keys


def all_keys() -> list[str]:
    tables = [value for value in vars(keys).values() if isinstance(value, tuple)]
    return [key for table in tables for key in table]


def test_every_key_is_on_the_card() -> None:
    rows = [row for column in keys.key_columns(str) for _, group in column for row in group]
    shown = " ".join(key for key, _ in rows).replace("PgDn", "PgDown").split()
    assert len(all_keys()) > 15
    for key in all_keys():
        if key != "Ctrl+Shift+S":  # its menu tells
            assert key in shown, key
