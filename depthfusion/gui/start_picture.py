"""A picture to start from: dropped or chosen, shown small, and how much of it is made anew."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QSize, Qt, QThreadPool, Signal
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDropEvent,
    QImage,
    QImageReader,
    QPainter,
    QPalette,
    QPixmap,
)
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from depthfusion.gui import theme, worlds
from depthfusion.gui.elided import ElidedLabel
from depthfusion.gui.prompt_form import DEFAULT_STRENGTH

_THUMBNAIL = QSize(96, 48)
_SIGN = QSize(28, 32)
_LEAST_PERCENT = 5


class StartPicture(QFrame):
    """Shows and changes `start_picture`, `start_depth` and `start_strength` of a form."""

    changed = Signal()
    complained = Signal(str)
    """One line about something that cannot be used."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._path: str | None = None
        self._depth: str | None = None
        self._readers: set[_ThumbnailReader] = set()
        self.setAcceptDrops(True)
        self.setAccessibleName(self.tr("Picture to start from"))
        self._thumbnail = QLabel()
        self._thumbnail.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._name = ElidedLabel()
        self._choose = QPushButton(self.tr("Choose…"))
        self._choose.setToolTip(self.tr("Choose a 360° picture whose shapes the world keeps"))
        self._choose.setAccessibleName(self.tr("Choose a picture to start from"))
        self._choose.clicked.connect(self.choose)
        self._clear = QPushButton(self.tr("Remove"))
        self._clear.setToolTip(self.tr("Start from nothing again"))
        self._clear.setAccessibleName(self.tr("Remove the picture to start from"))
        self._clear.clicked.connect(lambda: self.set_picture(None))
        self._strength = QSlider(Qt.Orientation.Horizontal)
        self._strength.setRange(_LEAST_PERCENT, 100)
        self._strength.setPageStep(10)
        self._strength.setAccessibleName(self.tr("How much of the picture is made anew"))
        self._strength.setToolTip(
            self.tr("Low keeps the picture as it is, high keeps only its rough shapes")
        )
        self._strength.setValue(round(100 * DEFAULT_STRENGTH))
        self._percent = QLabel()
        self._strength.valueChanged.connect(self._strength_moved)
        self._lay_out()
        self._show_path()

    def _lay_out(self) -> None:
        whole = QHBoxLayout(self)
        whole.setContentsMargins(10, 8, 10, 8)
        whole.setSpacing(12)
        whole.addWidget(self._thumbnail)
        beside = QVBoxLayout()
        beside.setSpacing(6)
        whole.addLayout(beside, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        buttons.addWidget(self._name, 1)
        buttons.addWidget(self._choose)
        buttons.addWidget(self._clear)
        beside.addLayout(buttons)
        self._strength_row = QWidget()
        row = QHBoxLayout(self._strength_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(QLabel(self.tr("Change")))
        row.addWidget(self._strength, 1)
        self._percent.setMinimumWidth(self._percent.fontMetrics().horizontalAdvance("100 %"))
        self._percent.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._percent)
        beside.addWidget(self._strength_row)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        QWidget.setTabOrder(self._choose, self._clear)
        QWidget.setTabOrder(self._clear, self._strength)

    @property
    def tab_order(self) -> list[QWidget]:
        """What takes the keyboard, in order."""
        return [self._choose, self._clear, self._strength]

    # The values ---------------------------------------------------------------------------------

    @property
    def path(self) -> str | None:
        """The picture."""
        return self._path

    @property
    def depth_path(self) -> str | None:
        """Its depth map, where one was given with it."""
        return self._depth

    @property
    def strength(self) -> float | None:
        """In (0, 1]; None: as usual."""
        percent = self._strength.value()
        return None if percent == round(100 * DEFAULT_STRENGTH) else percent / 100

    def thumbnail(self) -> QPixmap:
        """Return what is shown of it; a symbol while there is nothing to show."""
        return self._thumbnail.pixmap()

    def set_picture(self, path: str | None, depth: str | None = None) -> None:
        """Set the picture, or none."""
        if (path, depth) != (self._path, self._depth):
            self._path, self._depth = path, depth if path else None
            self._show_path()
            self.changed.emit()

    def set_strength(self, strength: float | None) -> None:
        """Set how much of it is made anew; None: as usual."""
        part = DEFAULT_STRENGTH if strength is None else strength
        self._strength.setValue(round(100 * part))

    # How it behaves -----------------------------------------------------------------------------

    def choose(self) -> None:
        """Let the person choose a picture, or a picture and its depth map."""
        dialog = QFileDialog(self.window(), self.tr("Choose a picture to start from"))
        endings = " ".join(f"*{ending}" for ending in worlds.PICTURES)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setNameFilters([self.tr("Pictures ({0})").format(endings), self.tr("All files (*)")])
        if self._path:
            dialog.setDirectory(str(Path(self._path).absolute().parent))
        dialog.filesSelected.connect(self.take_files)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def take_files(self, paths: list[str]) -> None:
        """Use one picture, or a picture and its depth map; say so when it is neither."""
        pair = worlds.pair_from_paths(paths)
        if pair is None or not Path(pair[0]).is_file():
            line = self.tr("want one picture, or a picture and its depth map, got {0}")
            self.complained.emit(line.format(", ".join(Path(p).name for p in paths[:3])))
            return
        self.set_picture(*pair)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept files."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Take what was dropped."""
        event.acceptProposedAction()
        self.take_files([u.toLocalFile() for u in event.mimeData().urls() if u.isLocalFile()])

    def _strength_moved(self, percent: int) -> None:
        self._percent.setText(self.tr("{0} %").format(percent))
        self.changed.emit()

    def _show_path(self) -> None:
        path = self._path
        self._name.set_text(Path(path).name if path else self.tr("Drop a 360° picture here"))
        self._name.setToolTip(path or "")
        self._clear.setVisible(path is not None)
        self._strength_row.setVisible(path is not None)
        self._percent.setText(self.tr("{0} %").format(self._strength.value()))
        self._thumbnail.setFixedSize(_THUMBNAIL if path else _SIGN)
        self._show_sign()
        if path is not None:
            reader = _ThumbnailReader(path, _THUMBNAIL * self.devicePixelRatioF())
            self._readers.add(reader)  # until it has spoken: it must not go in its own thread
            reader.ready.connect(self._show_thumbnail)
            reader.start()

    def _show_sign(self) -> None:
        dim = self.palette().color(QPalette.ColorRole.PlaceholderText)
        sign = theme.symbol("picture", dim, 24, self.devicePixelRatioF())
        self._thumbnail.setPixmap(sign.pixmap(24, 24))

    def _show_thumbnail(self, path: str, image: QImage) -> None:
        self._readers = {reader for reader in self._readers if reader.path != path}
        if path != self._path or image.isNull():
            return  # another one by now, or a kind of file that only the generator reads
        pixmap = QPixmap.fromImage(image)
        pixmap.setDevicePixelRatio(self.devicePixelRatioF())
        self._thumbnail.setPixmap(pixmap)

    def paintEvent(self, event: object) -> None:
        """Draw a thin line around, so that one sees where to drop."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(255, 255, 255, 40))  # the card is dark in both appearances
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 6, 6)
        painter.end()


class _ThumbnailReader(QObject):
    """Reads one picture small, in a thread of Qt's pool."""

    ready = Signal(str, QImage)

    def __init__(self, path: str, size_px: QSize) -> None:
        super().__init__()
        self.path, self._size_px = path, size_px

    def start(self) -> None:
        QThreadPool.globalInstance().start(self._read)

    def _read(self) -> None:
        reader = QImageReader(self.path)
        reader.setAutoTransform(True)
        if reader.size().isValid():
            ratio = Qt.AspectRatioMode.KeepAspectRatio
            reader.setScaledSize(reader.size().scaled(self._size_px, ratio))
        self.ready.emit(self.path, reader.read())
