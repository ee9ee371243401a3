"""The actions on a viewport: one `QAction` each, for menus, keys and buttons of any window."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QWidget

from depthfusion.gui import keys
from depthfusion.gui.settings_panel import stereo_names
from depthfusion.gui.viewport import Viewport
from depthfusion.view import Mapping as DepthMapping
from depthfusion.view import Shading, Stereo, View

_STRENGTH_STEP = 0.05
K = TypeVar("K")


def make_action(
    owner: QWidget,
    text: str,
    slot: Callable[..., object],
    shortcuts: Sequence[str] = (),
    *,
    tip: str = "",
    checkable: bool = False,
) -> QAction:
    """Return an action that belongs to `owner`.

    Its keys work while `owner` is a viewport with the keyboard (letters must not be taken from a
    text field), or anywhere in the window when `owner` is the window.
    """
    action = QAction(text, owner)
    action.setCheckable(checkable)
    if shortcuts:
        action.setShortcuts([QKeySequence(shortcut) for shortcut in shortcuts])
        action.setShortcutContext(
            Qt.ShortcutContext.WidgetShortcut
            if isinstance(owner, Viewport)
            else Qt.ShortcutContext.WindowShortcut
        )
    action.setToolTip(tip or text.replace("&", "").rstrip("…"))
    if shortcuts:
        action.setToolTip(f"{action.toolTip()} ({shortcuts[0]})")
    (action.toggled if checkable else action.triggered).connect(slot)
    owner.addAction(action)
    return action


class ViewActions(QObject):
    """Everything one can do to the view itself."""

    def __init__(self, viewport: Viewport) -> None:
        super().__init__(viewport)
        self._viewport = viewport
        tr = self.tr
        self.recentre = self._make(
            tr("&Recentre"),
            viewport.recentre,
            keys.RECENTRE,
            tip=tr("Look straight ahead from the centre"),
        )
        self.zoom_in = self._make(tr("Zoom &in") + "\t+", lambda: viewport.zoom(2))
        self.zoom_out = self._make(tr("Zoom &out") + "\t-", lambda: viewport.zoom(-2))
        self.turn = self._make(
            tr("&Turn slowly"), lambda on: viewport.set_motion(turning=on), keys.TURN, True
        )
        self.sway = self._make(
            tr("&Sway when idle"),
            lambda on: viewport.set_motion(swaying=on),
            checkable=True,
            tip=tr("Move the head gently after a while, so that depth can be felt"),
        )
        self.reduce_motion = self._make(
            tr("Reduce &motion"),
            lambda on: viewport.set_motion(reduced=on),
            checkable=True,
            tip=tr("No inertia, no turning, no sway"),
        )
        self.stronger = self._make(
            tr("&Stronger relief"), lambda: self._strengthen(_STRENGTH_STEP), keys.STRONGER
        )
        self.weaker = self._make(
            tr("&Weaker relief"), lambda: self._strengthen(-_STRENGTH_STEP), keys.WEAKER
        )
        self.invert = self._make(
            tr("Swap &near and far"),
            lambda on: viewport.change(invert_depth=on),
            keys.INVERT,
            True,
            tr("If the picture looks inside out"),
        )
        self.depth_view = self._shading(tr("Show &depth"), Shading.DEPTH, keys.DEPTH_VIEW)
        self.wireframe = self._shading(tr("Show &wireframe"), Shading.WIREFRAME, keys.WIREFRAME)
        self.next_stereo = self._make(tr("&Next mode"), self._next_stereo, keys.STEREO)
        self.mappings = self._choices(
            "mapping",
            {
                None: tr("&Automatic"),
                DepthMapping.DISPARITY: tr("&Disparity"),
                DepthMapping.LINEAR: tr("&Linear"),
                DepthMapping.METRIC: tr("&Metric"),
            },
        )
        self.stereo_modes = self._choices("stereo", stereo_names(viewport))
        viewport.view_changed.connect(self._follow)
        self._follow(viewport.view)

    def _make(
        self,
        text: str,
        slot: Callable[..., object],
        shortcuts: Sequence[str] = (),
        checkable: bool = False,
        tip: str = "",
    ) -> QAction:
        return make_action(self._viewport, text, slot, shortcuts, checkable=checkable, tip=tip)

    def _shading(self, text: str, shading: Shading, shortcuts: Sequence[str]) -> QAction:
        def use(on: bool) -> None:
            now = self._viewport.view.shading
            if on:
                self._viewport.change(shading=shading)
            elif now is shading:
                self._viewport.change(shading=Shading.COLOR)

        return self._make(text, use, shortcuts, checkable=True)

    def _choices(self, field: str, names: Mapping[K, str]) -> dict[K, QAction]:
        group = QActionGroup(self)
        actions = {}
        for value, name in names.items():
            action = QAction(name, self._viewport)
            action.setCheckable(True)
            action.triggered.connect(lambda _=False, v=value: self._viewport.change(**{field: v}))
            group.addAction(action)
            actions[value] = action
        return actions

    def _strengthen(self, step: float) -> None:
        strength = round(self._viewport.view.strength + step, 2)
        self._viewport.change(strength=max(0.0, min(1.0, strength)))

    def _next_stereo(self) -> None:
        modes = list(Stereo)
        now = modes.index(self._viewport.view.stereo)
        self._viewport.change(stereo=modes[(now + 1) % len(modes)])

    def _follow(self, view: View) -> None:
        """Set all check marks to what the view is."""
        self.depth_view.setChecked(view.shading is Shading.DEPTH)
        self.wireframe.setChecked(view.shading is Shading.WIREFRAME)
        self.invert.setChecked(view.invert_depth)
        self.mappings[view.mapping].setChecked(True)
        self.stereo_modes[view.stereo].setChecked(True)
        motion = self._viewport.motion
        if self.turn.isChecked() != motion.turning:
            self.turn.setChecked(motion.turning)
