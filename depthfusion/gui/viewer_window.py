"""The window of `depthfusion view`: one viewport, its menus, panel, line and overlays."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QSize, Qt, QTimer, QUrl, Slot
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
)
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from depthfusion.errors import DepthFusionError, UsageError
from depthfusion.gui import theme, worlds
from depthfusion.gui.cards import KeyCard, NotesCard
from depthfusion.gui.info_line import InfoLine
from depthfusion.gui.keys import key_columns
from depthfusion.gui.loading import Source
from depthfusion.gui.opener import Opener
from depthfusion.gui.overlays import Banner, Sorry, Toast
from depthfusion.gui.pictures import PictureSaver
from depthfusion.gui.remembered import Remembered
from depthfusion.gui.theme import Appearance
from depthfusion.gui.viewer_saving import SavingWindow
from depthfusion.gui.viewport import Viewport
from depthfusion.view import View

if TYPE_CHECKING:
    from depthfusion.gui.headset_desk import HeadsetDesk
    from depthfusion.gui.settings_panel import SettingsPanel
    from depthfusion.gui.viewer_menus import ViewerMenus
    from depthfusion.panorama import Panorama
    from depthfusion.vr.messages import Begin

NAME = "DepthFusion"


class ViewerWindow(SavingWindow):
    """Look at one picture after another. Call `dress` once the first frame is on the screen."""

    def __init__(self, remembered: Remembered) -> None:
        super().__init__()
        self.setWindowTitle(NAME)
        self.setAcceptDrops(True)
        self.viewport = Viewport(self)
        self.viewport.use_settings(remembered.store.settings)
        self.opener = self._made_opener(remembered)
        self.saver = PictureSaver(self)
        self.line = InfoLine(self)
        self.panel: SettingsPanel | None = None
        self.menus: ViewerMenus | None = None
        self.headset: HeadsetDesk | None = None
        self.headset_wanted: tuple[Begin, float | None] | None = None
        """How to go into the headset at once, and the first world's scale; None: not at once."""
        self._banner: Banner | None = None
        self._toast: Toast | None = None
        self._notes: NotesCard | None = None
        self._keys: KeyCard | None = None
        self._maximized_before = False
        self._saved_in = QUrl()
        self._lay_out()
        self._connect()
        self.resize(self._first_size())
        self.viewport.setFocus()

    def _made_opener(self, remembered: Remembered) -> Opener:
        return Opener(self.viewport, remembered)

    def _lay_out(self) -> None:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._middle = QHBoxLayout()
        self._middle.setSpacing(0)
        self._middle.addWidget(self.viewport, 1)
        column.addLayout(self._middle, 1)
        column.addWidget(self.line)
        self.setCentralWidget(body)

    def _connect(self) -> None:
        self.opener.opened.connect(self._opened)
        self.opener.failed.connect(self._failed)
        self.opener.complained.connect(self.complain)
        self.viewport.rate_changed.connect(self.line.set_rate)
        self.viewport.renderer_failed.connect(self._no_renderer)
        self.viewport.full_screen_wanted.connect(self.toggle_full_screen)
        self.line.notes_wanted.connect(self.toggle_notes)
        self.saver.saved.connect(self._picture_saved)
        self.saver.failed.connect(self.complain)

    @staticmethod
    def _first_size() -> QSize:
        screen = QGuiApplication.primaryScreen().availableSize()
        return QSize(min(1360, screen.width() * 9 // 10), min(850, screen.height() * 9 // 10))

    def dress(self) -> None:
        """Make what is not needed for the first frame: menus, symbols, habits."""
        if self.menus is not None:
            return
        self.menus = self._made_menus()
        self.restore_habits()
        self._keep_habits_soon()
        self.headset = self._made_headset()
        self.headset.changed.connect(self._headset_changed)
        self._headset_changed()
        if self.headset_wanted is not None:
            self.headset.begin, self.headset.world_scale = self.headset_wanted
            self.headset.enter()

    def _made_menus(self) -> ViewerMenus:
        from depthfusion.gui.viewer_menus import ViewerMenus

        return ViewerMenus(self)

    def _made_headset(self) -> HeadsetDesk:
        from depthfusion.gui.headset_desk import HeadsetDesk

        return HeadsetDesk(self)

    @Slot()
    def toggle_headset(self) -> None:
        """Go into the headset, or leave it."""
        if self.headset is not None:
            self.headset.toggle()

    @Slot()
    def _headset_changed(self) -> None:
        if self.menus is not None and self.headset is not None:
            self.menus.follow_headset(self.headset)

    # Overlays, made when first needed -----------------------------------------------------------

    @property
    def banner(self) -> Banner:
        """The message at the top of the view."""
        self._banner = self._banner or Banner(self.viewport)
        return self._banner

    @property
    def toast(self) -> Toast:
        """The passing notice at the bottom of the view."""
        if self._toast is None:
            self._toast = Toast(self.viewport)
            self._toast.button.clicked.connect(self._show_saved)
        return self._toast

    @property
    def notes(self) -> NotesCard:
        """The card that tells all about the present picture."""
        self._notes = self._notes or NotesCard(self.viewport)
        return self._notes

    @property
    def key_card(self) -> KeyCard:
        """The card with all keys."""
        self._keys = self._keys or KeyCard(self.viewport, key_columns(self.tr))
        return self._keys

    @Slot(str)
    def complain(self, text: str) -> None:
        """Show one line about something that went wrong."""
        self.banner.tell(text)

    @Slot()
    def toggle_notes(self) -> None:
        """Show all that is known and was assumed, or put it away."""
        self._tell_notes()
        self.notes.toggle()

    @Slot()
    def toggle_keys(self) -> None:
        """Show the keys, or put them away."""
        self.key_card.toggle()

    # Opening ------------------------------------------------------------------------------------

    def open_paths(self, color: str, depth: str | None = None) -> None:
        """Open a picture, with its depth map or with the one found by its name."""
        self.opener.open(Source(color, depth))

    def open_world(self, world: worlds.World) -> None:
        """Open one of the bundled worlds."""
        self.opener.open(Source(world.color, world.depth, title=world.title), bundled=True)

    @Slot()
    def choose_file(self) -> None:
        """Let the person choose a picture, or a picture and its depth map."""
        endings = " ".join(f"*{ending}" for ending in worlds.DEPTH_MAPS)
        dialog = QFileDialog(self, self.tr("Open a picture, or a picture and its depth map"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setNameFilters([self.tr("Pictures ({0})").format(endings), self.tr("All files (*)")])
        if self.opener.source is not None and self.opener.source.color:
            dialog.setDirectory(str(Path(self.opener.source.color).absolute().parent))
        dialog.filesSelected.connect(self.open_files)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    @Slot(list)
    def open_files(self, paths: list[str]) -> None:
        """Open one file or a pair; say so when it is neither."""
        pair = worlds.pair_from_paths(paths)
        if pair is None:
            self.complain(
                self.tr("want one picture, or a picture and its depth map, got {0} files").format(
                    len(paths)
                )
            )
            return
        self.open_paths(*pair)

    def open_neighbour(self, step: int) -> None:
        """Open the next (1) or previous (-1) picture of the folder."""
        source = self.opener.source
        path = worlds.neighbour(source.color, step) if source and source.color else None
        if path is None:
            self.toast.tell(self.tr("No other pictures in this folder"))
        else:
            self.open_paths(path)

    @Slot(object)
    def _opened(self, panorama: Panorama) -> None:
        source = self.opener.source
        title = (source.title if source else "") or panorama.title
        self.setWindowTitle(f"{title} — {NAME}" if title else NAME)
        notes = panorama.provenance.notes
        flat = self.tr("no depth map: shown as a flat sphere")
        text = "  ·  ".join(notes) or ("" if panorama.depth is not None else flat)
        self.line.set_text(text or title)
        if self._banner is not None:
            self._banner.dismiss()
        if self.panel is not None:
            self.panel.set_options(self.opener.options)
        self._tell_notes()

    def _tell_notes(self) -> None:
        panorama, renderer = self.viewport.panorama, self.viewport.renderer
        if panorama is not None:
            self.notes.tell(panorama, renderer.description if renderer else "")

    @Slot(object)
    def _failed(self, error: DepthFusionError) -> None:
        self.complain(str(error))

    @Slot(str)
    def _no_renderer(self, reason: str) -> None:
        Sorry(self.viewport).tell(
            self.tr(
                "This screen cannot show panoramas.\n\n{0}\n\n"
                "`depthfusion doctor` tells more; `depthfusion render` makes pictures without it."
            ).format(reason)
        )

    # Window -------------------------------------------------------------------------------------

    @Slot()
    def toggle_full_screen(self) -> None:
        """Give the whole screen to the picture, or take it back. The view stays where it is."""
        if self.isFullScreen():
            self._show_chrome(True)
            (self.showMaximized if self._maximized_before else self.showNormal)()
        else:
            self._maximized_before = self.isMaximized()
            self._show_chrome(False)
            self.showFullScreen()
        self.viewport.setFocus()

    @Slot()
    def leave(self) -> None:
        """Escape: put away what lies over the picture, leave the full screen, the headset."""
        for card in (self._keys, self._notes):
            if card is not None and card.isVisible():
                card.close_card()
                return
        if self._banner is not None and self._banner.isVisible():
            self._banner.dismiss()
        elif self.isFullScreen():
            self.toggle_full_screen()
        elif self.headset is not None and self.headset.is_active:
            self.headset.leave()

    def _show_chrome(self, shown: bool) -> None:
        self.menuBar().setVisible(shown)
        self.line.setVisible(shown)
        if self.panel is not None and self.menus is not None:
            self.panel.setVisible(shown and self.menus.settings.isChecked())

    def show_settings(self, shown: bool) -> None:
        """Show or hide the side panel."""
        if self.panel is None:
            if not shown:
                return
            from depthfusion.gui.settings_panel import SettingsPanel

            self.panel = SettingsPanel(self.viewport)
            self.panel.reading_changed.connect(self.opener.read_again)
            self.panel.reset_wanted.connect(self.opener.reset)
            self.panel.set_options(self.opener.options)
            self._middle.addWidget(self.panel)
        self.panel.setVisible(shown)
        if shown:
            self.panel.show_view(self.viewport.view)
        else:
            self.viewport.setFocus()

    def restore_habits(self) -> None:
        """Take over what holds for every file from the last time."""
        habits = self.opener.remembered.habits()
        try:
            view = View.from_dict({k: v for k, v in habits.items() if k in _HABITS_OF_VIEW})
        except UsageError:
            view = View()
        chosen = {name: getattr(view, name) for name in _HABITS_OF_VIEW if name in habits}
        if chosen:
            self.viewport.change(**chosen)
        if self.menus is not None:
            self.menus.restore(habits)

    def _keep_habits_soon(self) -> None:
        """From now on write down what is chosen in the menus at once: a kill loses none of it."""
        assert self.menus is not None
        later = QTimer(self, singleShot=True, interval=_KEEP_HABITS_MS)
        later.timeout.connect(self._keep_habits)
        for action in self.menus.kept_actions:
            action.toggled.connect(lambda _: later.start())
        kept = [self._habits_of_view()]

        def follow(_: View) -> None:
            if kept[0] != self._habits_of_view():
                kept[0] = self._habits_of_view()
                later.start()

        self.viewport.view_changed.connect(follow)

    def _habits_of_view(self) -> tuple[object, ...]:
        return tuple(getattr(self.viewport.view, name) for name in _HABITS_OF_VIEW)

    def _keep_habits(self) -> None:
        if self.menus is None:
            return
        view = self.viewport.view.to_dict()
        habits = {name: view[name] for name in _HABITS_OF_VIEW} | self.menus.habits()
        try:
            self.opener.remembered.keep_habits(habits)
        except DepthFusionError as error:
            self.complain(str(error))

    def set_appearance(self, appearance: Appearance) -> None:
        """Use the dark or the light palette, or the system's choice."""
        app = QApplication.instance()
        if isinstance(app, QApplication):
            theme.use_appearance(app, appearance)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept files."""
        if _paths_from(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        event.acceptProposedAction()
        self.open_files(_paths_from(event.mimeData()))
        self.activateWindow()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember, and give everything back."""
        self.opener.keep()
        self._keep_habits()
        self.hide()  # at once: what is being read may take a moment to stop
        if self.headset is not None:
            self.headset.shut_down()
        self.saver.wait()
        self.viewport.shut_down()
        super().closeEvent(event)


_KEEP_HABITS_MS = 200
_HABITS_OF_VIEW = ("stereo", "eye_separation_mm", "convergence_m")


def _paths_from(data: QMimeData) -> list[str]:
    return [url.toLocalFile() for url in data.urls() if url.isLocalFile()]
