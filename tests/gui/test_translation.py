"""Every text of the windows can be translated: found by `lupdate`, and shown translated."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import PySide6
import pytest
from PySide6.QtCore import QTranslator
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QWidget,
)

import depthfusion.gui
from depthfusion.gui.card_fields import halves
from depthfusion.gui.languages import languages, use_language
from depthfusion.gui.settings_dialog import SettingsDialog
from depthfusion.settings import Store
from ldm3d.solvers import SCHEDULERS
from tests.gui.conftest import destroy

GUI = Path(depthfusion.gui.__file__).parent
TOOLS = Path(PySide6.__file__).parent
SHOWN = {
    "BannerAction", "QAction", "QCheckBox", "QFileDialog", "QGroupBox", "QInputDialog", "QLabel",
    "QMenu", "QMessageBox", "QPushButton", "QRadioButton", "SymbolButton", "_tool", "addAction",
    "addButton", "addItem", "addItems", "addMenu", "addRow", "addTab", "card_button",
    "close_button", "complain", "notify", "own_combo", "plain_button",
    "setAccessibleDescription", "setAccessibleName", "setDetailedText", "setHeaderLabels",
    "setInformativeText", "setLabelText", "setNameFilters", "setPlaceholderText", "setPrefix",
    "setSpecialValueText", "setStatusTip", "setSuffix", "setText", "setTitle", "setToolTip",
    "setWhatsThis", "setWindowTitle", "set_text", "tell", "title_of",
}  # fmt: skip
"""What shows its arguments to a person."""
KEYED = {"SymbolButton", "_tool", "tell"}
"""Those with a key or the name of a drawing among them: one word in small letters."""
NAMES = {"DepthFusion", "Del", "Enter"}
"""Of the program, and of keys as keyboards have them."""


def untranslated(source: str) -> Iterator[str]:
    """Yield texts of a module that are shown as they are, and what `lupdate` cannot read."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        if is_tr(node):
            if not (node.args and isinstance(node.args[0], ast.Constant)):
                yield f"line {node.lineno}: {ast.unparse(node)} has no text of its own"
            continue
        name = called(node)
        for value in [*node.args, *(keyword.value for keyword in node.keywords)]:
            for text in texts_in(value) if name in SHOWN else ():
                if not (name in KEYED and re.fullmatch("[a-z_]+", text)) and is_told(text):
                    yield f"line {node.lineno}: {name}({text!r})"


def is_told(text: str) -> bool:
    """Whether there are words in it, besides markup and names."""
    plain = re.sub(r"<[^>]*>?|&\w+;", " ", text)
    return any(word not in NAMES for word in re.findall(r"[^\W\d_]{2,}", plain))


def is_tr(node: ast.Call) -> bool:
    return called(node) == "tr"


def called(node: ast.Call) -> str:
    function = node.func
    return getattr(function, "attr", None) or getattr(function, "id", "")


def texts_in(node: ast.expr) -> Iterator[str]:
    """Yield the literals that a value is made of, but for those that are translated."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.Call() if called(node) in {"format", "join"}:
            for part in (node.func, *node.args):
                yield from texts_in(part.value if isinstance(part, ast.Attribute) else part)
        case ast.JoinedStr(values=parts) | ast.List(elts=parts) | ast.Tuple(elts=parts):
            for part in parts:
                yield from texts_in(part)
        case ast.BoolOp(values=parts):
            for part in parts:
                yield from texts_in(part)
        case ast.IfExp(body=first, orelse=second) | ast.BinOp(left=first, right=second):
            yield from texts_in(first)
            yield from texts_in(second)


@pytest.mark.parametrize("path", sorted(GUI.glob("*.py")), ids=lambda path: path.stem)
def test_every_text_goes_through_tr(path: Path) -> None:
    assert list(untranslated(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "bad",
    [
        'label.setText("Hello there")', 'QAction("&Open", view)', 'b.setToolTip(f"{n} files")',
        'b.setText(tr("a") if x else "Other")', 'b.setText("{0} left".format(n))',
        'tree.setHeaderLabels([tr("Name"), "Size"])', "b.setText(tr(name))", 'tr(f"{n} files")',
        'plain_button(tr("Go"), tip="Go on")', 'row.tell("size", "Size")',
    ],
)  # fmt: skip
def test_the_check_bites(bad: str) -> None:
    assert len(list(untranslated(bad))) == 1


@pytest.mark.parametrize(
    "good",
    ['label.setText(tr("Hello"))', 'x.setText("")', 'x.setText("–")', 'row.tell("size", words)',
     'SymbolButton("copy", tr("Copy"))', 'x.setText(f"{a}  ·  {b}")', 'print("Hello there")'],
)  # fmt: skip
def test_the_check_lets_the_rest_through(good: str) -> None:
    assert list(untranslated(good)) == []


# With Qt's own tools --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a translation in which every text stands in brackets."""
    made = tmp_path_factory.mktemp("translations")
    sources = [str(path) for path in sorted(GUI.glob("*.py"))]
    file = made / "depthfusion_de.ts"
    run_tool("lupdate", *sources, "-ts", str(file))
    tree = ElementTree.parse(file)
    for message in tree.iter("message"):
        translation = message.find("translation")
        assert translation is not None
        del translation.attrib["type"]
        translation.text = f"[{message.findtext('source')}]"
    tree.write(file, encoding="utf-8")
    run_tool("lrelease", str(file), "-qm", str(made / "depthfusion_de.qm"))
    return made


def run_tool(name: str, *arguments: str) -> None:
    tool = TOOLS / name
    if not tool.exists():
        pytest.skip(f"PySide6 comes without {name} here")
    done = subprocess.run([tool, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "rror" not in done.stderr, done.stderr


def test_lupdate_finds_every_text(folder: Path) -> None:
    found = {
        message.findtext("source")
        for message in ElementTree.parse(folder / "depthfusion_de.ts").iter("message")
    }
    wanted = {
        node.args[0].value
        for path in GUI.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and is_tr(node) and isinstance(node.args[0], ast.Constant)
    }
    assert len(wanted) > 400
    assert wanted - found == set()


@pytest.fixture
def german(qapp: QApplication, folder: Path) -> Iterator[str]:
    before = set(qapp.findChildren(QTranslator))
    yield use_language(qapp, "de", folder)
    for translator in set(qapp.findChildren(QTranslator)) - before:
        qapp.removeTranslator(translator)
        destroy(translator)


def test_a_window_is_shown_in_the_language_without_a_word_left_out(
    german: str, tmp_path: Path
) -> None:
    assert german == "de"
    dialog = SettingsDialog(Store(tmp_path, {}))
    try:
        left = {text for text in texts_of(dialog) if is_told(text) and not text.startswith("[")}
        # Shown as they are: a folder, languages by their own names, names of solvers.
        known = {halves(line)[0] for line in SCHEDULERS.values()} | {"English"}
        assert {text for text in left if "/" not in text} <= known
        assert dialog.windowTitle() == "[Settings]"
    finally:
        destroy(dialog)


def texts_of(window: QWidget) -> Iterator[str]:
    for widget in window.findChildren(QWidget):
        yield widget.toolTip()
        match widget:
            case QLabel() | QAbstractButton():
                yield widget.text()
            case QLineEdit():
                yield widget.placeholderText()
            case QComboBox():
                yield from (widget.itemText(index) for index in range(widget.count()))
            case QListWidget():
                yield from (widget.item(row).text() for row in range(widget.count()))


def test_without_a_translation_it_is_english(qapp: QApplication, folder: Path) -> None:
    assert use_language(qapp, "fr", folder) == "en"
    assert use_language(qapp, "en", folder) == "en"
    assert use_language(qapp, "de", folder / "nothing") == "en"
    assert use_language(qapp, "de") == ("de" if "de" in languages() else "en")
    assert qapp.translate("SettingsDialog", "Settings") == "Settings"
    (folder / "depthfusion_it.qm").write_bytes(b"broken")
    assert use_language(qapp, "it", folder) == "en"
    assert languages(folder) == ("en", "de", "it")


def test_a_dialect_takes_its_language(qapp: QApplication, folder: Path, german: str) -> None:
    assert use_language(qapp, "de_AT", folder) == german
