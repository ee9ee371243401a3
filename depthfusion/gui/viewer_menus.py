"""The menus of the viewer window: every action in one place."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QApplication, QMenu, QMessageBox

from depthfusion._version import __version__
from depthfusion.errors import MissingPartError
from depthfusion.gui import keys, theme, worlds
from depthfusion.gui.icon import app_icon
from depthfusion.gui.pictures import SIZES_PX
from depthfusion.gui.theme import Appearance
from depthfusion.gui.view_actions import ViewActions, make_action
from depthfusion.settings import Settings, Wish

if TYPE_CHECKING:
    from depthfusion.gui.headset_desk import HeadsetDesk
    from depthfusion.gui.viewer_window import ViewerWindow

_log = logging.getLogger(__name__)


class ViewerMenus(QObject):
    """Makes the actions of the window and puts them into its menu bar and line."""

    def __init__(self, window: ViewerWindow) -> None:
        super().__init__(window)
        self._window = window
        self.view_actions = ViewActions(window.viewport)
        self._reduced_by_system: bool | None = None
        """What the system says, as long as nobody chose otherwise."""
        self._make_actions()
        self._fill_bar()
        self._fill_line()

    def _fill_bar(self) -> None:
        bar = self._window.menuBar()
        self._fill_file(bar.addMenu(self.tr("&File")))
        self._fill_view(bar.addMenu(self.tr("&View")))
        self._fill_relief(bar.addMenu(self.tr("&Relief")))
        self._fill_worlds(bar.addMenu(self.tr("E&xamples")))
        self._fill_help(bar.addMenu(self.tr("&Help")))

    def _fill_line(self) -> None:
        for action, symbol in (
            (self.view_actions.recentre, "recentre"),
            (self.view_actions.depth_view, "depth"),
            (self.save_picture, "screenshot"),
            (self.headset, "headset"),
            (self.settings, "settings"),
            (self.keys, "keys"),
            (self.full_screen, "full-screen"),
        ):
            self._window.line.add_button(action, symbol)

    def _make_actions(self) -> None:
        window, view, tr = self._window, self._window.viewport, self.tr
        self.open = make_action(window, tr("&Open…"), window.choose_file, keys.OPEN)
        self.next_file = make_action(
            view, tr("&Next in folder"), lambda: window.open_neighbour(1), keys.NEXT_FILE
        )
        self.previous_file = make_action(
            view, tr("&Previous in folder"), lambda: window.open_neighbour(-1), keys.PREVIOUS_FILE
        )
        self.save_picture = make_action(
            window,
            tr("&Save what you see"),
            window.save_seen,
            keys.SAVE_PICTURE,
            tip=tr("Save what you see as a PNG picture"),
        )
        self.save_picture_as = make_action(
            window,
            tr("Save what you see &as…"),
            window.choose_place,
            keys.SAVE_PICTURE_AS,
        )
        self.export = make_action(
            window,
            tr("&Export…"),
            window.choose_export,
            keys.EXPORT,
            tip=tr("Save colour and depth for other programs"),
        )
        self.quit = make_action(window, tr("&Quit"), window.close, keys.QUIT)
        self.full_screen = make_action(
            window, tr("&Full screen"), window.toggle_full_screen, keys.FULL_SCREEN
        )
        self.headset = make_action(view, tr("&Headset"), window.toggle_headset, keys.HEADSET)
        self.leave = make_action(window, tr("&Leave full screen"), window.leave, keys.LEAVE)
        self.settings = make_action(
            view, tr("View &settings"), window.show_settings, keys.SETTINGS, checkable=True
        )
        self.keys = make_action(view, tr("&Keys and mouse"), window.toggle_keys, keys.KEY_CARD)
        self.notes = make_action(window, tr("About this &picture"), window.toggle_notes)
        self.reset = make_action(
            window,
            tr("&Reset settings of this picture"),
            window.opener.reset,
            tip=tr("Forget what was changed for this picture"),
        )
        self.about = make_action(window, tr("&About DepthFusion"), self._show_about)

    def _fill_file(self, menu: QMenu) -> None:
        menu.addAction(self.open)
        self._recent = menu.addMenu(self.tr("Open &recent"))
        self._recent.aboutToShow.connect(self._fill_recent)
        menu.addActions([self.next_file, self.previous_file])
        menu.addSeparator()
        menu.addActions([self.save_picture, self.save_picture_as])
        sizes = menu.addMenu(self.tr("Save in another si&ze"))
        for size_px in SIZES_PX:
            action = sizes.addAction(f"{size_px[0]} × {size_px[1]}…")
            action.triggered.connect(lambda _=False, s=size_px: self._window.choose_picture(s))
        menu.addAction(self.export)
        menu.addSeparator()
        menu.addAction(self.quit)

    def _fill_recent(self) -> None:
        self._recent.clear()
        for color, depth in self._window.opener.remembered.recent():
            action = self._recent.addAction(color.replace("&", "&&"))
            action.triggered.connect(
                lambda _=False, c=color, d=depth: self._window.open_paths(c, d)
            )
        if self._recent.isEmpty():
            self._recent.addAction(self.tr("Nothing yet")).setEnabled(False)
            return
        self._recent.addSeparator()
        clear = self._recent.addAction(self.tr("&Clear"))
        clear.triggered.connect(self._window.opener.remembered.clear_recent)

    def _fill_view(self, menu: QMenu) -> None:
        actions = self.view_actions
        menu.addActions([actions.recentre, actions.zoom_in, actions.zoom_out])
        menu.addSeparator()
        stereo = menu.addMenu(self.tr("S&tereo"))
        stereo.addActions(list(actions.stereo_modes.values()))
        stereo.addSeparator()
        stereo.addAction(actions.next_stereo)
        menu.addActions([actions.depth_view, actions.wireframe])
        menu.addSeparator()
        menu.addActions([actions.turn, actions.sway, actions.reduce_motion])
        menu.addSeparator()
        menu.addActions([self.settings, self.headset, self.full_screen, self.leave])
        self._fill_appearance(menu.addMenu(self.tr("&Appearance")))

    def _fill_appearance(self, menu: QMenu) -> None:
        names = {
            Appearance.SYSTEM: self.tr("As the &system"),
            Appearance.DARK: self.tr("&Dark"),
            Appearance.LIGHT: self.tr("&Light"),
        }
        group = QActionGroup(self)
        self._appearances: dict[Appearance, QAction] = {}
        for appearance, name in names.items():
            action = menu.addAction(name)
            action.setCheckable(True)
            action.setChecked(appearance is Appearance.SYSTEM)
            action.triggered.connect(lambda _=False, a=appearance: self._window.set_appearance(a))
            group.addAction(action)
            self._appearances[appearance] = action

    def _fill_relief(self, menu: QMenu) -> None:
        actions = self.view_actions
        menu.addActions([actions.stronger, actions.weaker, actions.invert])
        mapping = menu.addMenu(self.tr("&Mapping"))
        mapping.addActions(list(actions.mappings.values()))
        menu.addSeparator()
        menu.addAction(self.reset)

    def _fill_worlds(self, menu: QMenu) -> None:
        try:
            found = worlds.bundled_worlds()
        except MissingPartError as error:
            _log.info("%s", error)
            menu.addAction(self.tr("None installed")).setEnabled(False)
            return
        for world in found:
            action = menu.addAction(world.title)
            action.triggered.connect(lambda _=False, w=world: self._window.open_world(w))

    def _fill_help(self, menu: QMenu) -> None:
        menu.addActions([self.keys, self.notes])
        menu.addSeparator()
        menu.addAction(self.about)

    def _show_about(self) -> None:
        box = QMessageBox(self._window)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setWindowTitle(self.tr("About DepthFusion"))
        box.setIconPixmap(app_icon().pixmap(96, 96))
        box.setText(f"<b>DepthFusion {__version__}</b>")
        box.setInformativeText(
            self.tr("Step inside RGBD 360° panoramas.\nAfter LDM3D, arXiv 2305.10853.")
        )
        box.open()

    def follow_headset(self, desk: HeadsetDesk) -> None:
        """Offer the headset where there is one; the tooltip tells why not."""
        tr, is_active, reason = self.tr, desk.is_active, desk.reason
        self.headset.setText(tr("Leave the &headset") if is_active else tr("&Headset"))
        self.headset.setEnabled(is_active or not reason)
        tip = tr("Leave the headset") if is_active else tr("Step into the headset")
        self.headset.setToolTip(f"{tip} (V)" if is_active or not reason else reason)

    # Habits -------------------------------------------------------------------------------------

    @property
    def kept_actions(self) -> list[QAction]:
        """What `habits` tells of."""
        chosen = [self.view_actions.sway, self.view_actions.reduce_motion, self.settings]
        return [*chosen, *self._appearances.values()]

    def habits(self) -> dict[str, Any]:
        """Return what these menus hold for every file."""
        chosen = [a for a, action in self._appearances.items() if action.isChecked()]
        habits = {
            "sway": self.view_actions.sway.isChecked(),
            "appearance": (chosen or [Appearance.SYSTEM])[0].value,
            "settings_shown": self.settings.isChecked(),
        }
        reduced = self._window.viewport.motion.reduced
        if reduced != self._reduced_by_system:
            habits["reduce_motion"] = reduced
        return habits

    def follow_settings(self, settings: Settings, names: frozenset[str]) -> None:
        """Act on settings that were chosen elsewhere, and show them.

        Args:
            settings: as they are now.
            names: of those that are different.
        """
        app, actions = QApplication.instance(), self.view_actions
        if "theme" in names:
            appearance = Appearance(settings.theme)
            self._appearances[appearance].setChecked(True)
            self._window.set_appearance(appearance)
        if "reduced_motion" in names:
            wish = settings.reduced_motion
            system = isinstance(app, QApplication) and theme.motion_is_reduced(app)
            self._reduced_by_system = system if wish is Wish.AUTO else None
            actions.reduce_motion.setChecked(system if wish is Wish.AUTO else wish is Wish.ON)
        if "idle_sway" in names:
            actions.sway.setChecked(settings.idle_sway)

    def restore(self, habits: Mapping[str, Any]) -> None:
        """Take over `habits` of the last time; what cannot be is left as it is."""
        app = QApplication.instance()
        system_wants_less = isinstance(app, QApplication) and theme.motion_is_reduced(app)
        self._reduced_by_system = None if "reduce_motion" in habits else system_wants_less
        self.view_actions.reduce_motion.setChecked(
            bool(habits.get("reduce_motion", system_wants_less))
        )
        self.view_actions.sway.setChecked(habits.get("sway") is True)
        self.settings.setChecked(habits.get("settings_shown") is True)
        wanted = habits.get("appearance")
        for appearance, action in self._appearances.items():
            if wanted == appearance.value and appearance is not Appearance.SYSTEM:
                action.setChecked(True)
                self._window.set_appearance(appearance)
