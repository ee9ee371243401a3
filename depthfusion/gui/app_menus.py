"""The menus of the app window: those of the viewer, and making, keeping and finding worlds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QMenu

from depthfusion.gui import keys
from depthfusion.gui.view_actions import make_action
from depthfusion.gui.viewer_menus import ViewerMenus

if TYPE_CHECKING:
    from depthfusion.gui.app_window import AppWindow
    from depthfusion.gui.cards import KeyGroup

GENERATE = ("Ctrl+Return", "Ctrl+Enter")
PROMPT = ("Ctrl+L",)
LIBRARY, BOTH = ("L",), ("H",)
SEARCH = ("Ctrl+F",)
APP_SETTINGS = ("Ctrl+,",)
DELETE, UNDO = ("Del",), ("Ctrl+Z",)


def app_key_columns(tr: Callable[[str], str]) -> list[list[KeyGroup]]:
    """Return the key card's columns for the app window."""
    first, second, third = keys.key_columns(tr)
    making: KeyGroup = (
        tr("Worlds"),
        [
            ("Ctrl+Enter", tr("generate")),
            ("Ctrl+L", tr("to the prompt")),
            ("Ctrl+F", tr("search the library")),
            ("Alt+↑  Alt+↓", tr("earlier prompts")),
            (tr("Del"), tr("delete the open world")),
            ("Ctrl+Z", tr("bring it back")),
        ],
    )
    window: KeyGroup = (
        tr("Window"),
        [
            ("F11   " + tr("Double-click"), tr("full screen")),
            ("V", tr("headset")),
            ("Esc", tr("leave full screen, cancel, leave the headset")),
            ("L   I", tr("library, details")),
            ("H", tr("picture only")),
            ("Ctrl+,", tr("settings")),
            ("?   F1", tr("these keys")),
        ],
    )
    return [first, [*second, making], [window, *third[1:]]]


class AppMenus(ViewerMenus):
    """File, Edit, World, View, Relief, Worlds, Help."""

    _window: AppWindow

    def _make_actions(self) -> None:
        super()._make_actions()
        window, view, tr = self._window, self._window.viewport, self.tr
        making = window.making
        self.settings.setText(tr("&Details"))
        self.settings.setToolTip(tr("What is open and how it is shown (I)"))
        self.library = make_action(
            view,
            tr("&Library"),
            window.show_library,
            LIBRARY,
            checkable=True,
            tip=tr("All kept worlds"),
        )
        self.search = make_action(window, tr("&Search the library"), window.search, SEARCH)
        self.import_files = make_action(
            window,
            tr("&Import into the library…"),
            window.choose_import,
            tip=tr("Take pictures into the library; the originals stay where they are"),
        )
        self.app_settings = make_action(
            window, tr("Se&ttings…"), window.show_app_settings, APP_SETTINGS
        )
        self.estimate = make_action(
            window,
            tr("&Estimate depth"),
            window.estimate_depth,
            tip=tr("Let a depth network guess how far everything is"),
        )
        self.both = make_action(view, tr("Picture &only"), window.toggle_columns, BOTH)
        self.generate = make_action(window, tr("&Generate"), making.bar.generate, GENERATE)
        self.cancel = make_action(
            window, tr("&Cancel"), making.queue.cancel, tip=tr("Stop making the present world")
        )
        self.watch = make_action(
            window,
            tr("&Watch it form"),
            making.creation.watch,
            tip=tr("Show what is being made in place of the open world"),
        )
        self.to_prompt = make_action(window, tr("Edit the &prompt"), window.focus_prompt, PROMPT)
        self.use_these = make_action(
            window,
            tr("&Use its prompt and settings"),
            window.use_these,
            tip=tr("Fill the form with what made the open world"),
        )
        self.favourite = make_action(window, tr("&Favourite"), window.toggle_favourite)
        self.delete = make_action(view, tr("&Delete"), window.delete_world, DELETE)
        self.undo = make_action(
            window,
            tr("&Undo delete"),
            window.undo_delete,
            UNDO,
            tip=tr("Bring the world back that was deleted last"),
        )
        self.folder = make_action(window, tr("&Show in folder"), window.show_folder)
        self.models = make_action(window, tr("&Models…"), window.show_models)
        self.log = make_action(window, tr("&Log"), window.show_log)

    def _fill_bar(self) -> None:
        bar, tr = self._window.menuBar(), self.tr
        self._fill_file(bar.addMenu(tr("&File")))
        self._fill_edit(bar.addMenu(tr("&Edit")))
        self._fill_world(bar.addMenu(tr("&World")))
        self._fill_view(bar.addMenu(tr("&View")))
        self._fill_relief(bar.addMenu(tr("&Relief")))
        self._fill_worlds(bar.addMenu(tr("E&xamples")))
        self._fill_help(bar.addMenu(tr("&Help")))

    def _fill_edit(self, menu: QMenu) -> None:
        menu.addActions([self.undo, self.to_prompt, self.search])
        menu.addSeparator()
        menu.addAction(self.app_settings)

    def _fill_world(self, menu: QMenu) -> None:
        menu.addActions([self.generate, self.cancel, self.watch])
        menu.addSeparator()
        menu.addActions([self.use_these, self.estimate])
        menu.addSeparator()
        menu.addActions([self.favourite, self.folder, self.delete])
        menu.addSeparator()
        menu.addAction(self.models)
        menu.aboutToShow.connect(self.follow)
        menu.aboutToHide.connect(self._enable_all)

    def _fill_view(self, menu: QMenu) -> None:
        super()._fill_view(menu)
        menu.insertAction(self.settings, self.library)
        menu.insertAction(self.full_screen, self.both)

    def _fill_file(self, menu: QMenu) -> None:
        super()._fill_file(menu)
        menu.insertAction(self.next_file, self.import_files)

    def _fill_line(self) -> None:
        super()._fill_line()
        self._window.line.add_button(self.library, "grid", leading=True)

    def _fill_help(self, menu: QMenu) -> None:
        menu.addActions([self.keys, self.notes, self.log])
        menu.addSeparator()
        menu.addAction(self.about)

    # State --------------------------------------------------------------------------------------

    def follow(self) -> None:
        """Offer only what can be done now."""
        window = self._window
        is_busy, is_kept = window.making.queue.current is not None, window.opener.world is not None
        self.generate.setText(self.tr("&Add to queue") if is_busy else self.tr("&Generate"))
        self.generate.setEnabled(not window.making.bar.reason)
        self.cancel.setEnabled(is_busy)
        self.watch.setEnabled(is_busy and not window.making.creation.watching)
        self.use_these.setEnabled(window.facts is not None and window.facts.can_be_used)
        facts = window.facts
        self.estimate.setEnabled(facts is not None and facts.depth is None)
        for action in (self.favourite, self.delete, self.folder):
            action.setEnabled(is_kept)
        is_favourite = is_kept and window.is_favourite
        self.favourite.setText(
            self.tr("No longer a &favourite") if is_favourite else self.tr("&Favourite")
        )

    def _enable_all(self) -> None:
        """Let the keys work again: what they mean is checked when they are pressed."""
        for action in (self.generate, self.delete):
            action.setEnabled(True)

    def habits(self) -> dict[str, Any]:
        """Return what holds for every window; the app's columns are kept with its session."""
        return super().habits() | {"settings_shown": self._settings_shown}

    def restore(self, habits: Mapping[str, Any]) -> None:
        """Take over `habits` of the last time."""
        self._settings_shown = habits.get("settings_shown") is True
        super().restore({**habits, "settings_shown": self._window.details_wanted})
        self.library.setChecked(self._window.library_wanted)
