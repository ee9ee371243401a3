"""The side panel: every number of the view, to drag or to type."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from depthfusion.gui.viewport import Viewport
from depthfusion.panorama.options import DepthIs, ReadOptions
from depthfusion.view import MAX_FOV_DEG, MIN_FOV_DEG, Mapping, Shading, Stereo, View

WIDTH_PX = 304
FARTHEST_M = 1000.0
"""The far box's largest number; it means infinity."""
_STEPS = 1000
_LABEL_PX = 88


class SettingsPanel(QScrollArea):
    """Shows and changes the view of one viewport, and how its depth is read."""

    reading_changed = Signal(object)
    """New `ReadOptions`: the file has to be read again."""
    reset_wanted = Signal()

    def __init__(self, viewport: Viewport, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewport = viewport
        self._options = ReadOptions()
        self._show: list[Callable[[View], None]] = []
        self.setFixedWidth(WIDTH_PX)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("View settings"))
        content = QWidget()
        self._column = QVBoxLayout(content)
        self._column.setContentsMargins(18, 14, 18, 18)
        self._column.setSpacing(6)
        self._add_relief()
        self._add_stereo()
        self._add_view()
        self._add_reading()
        self._column.addStretch(1)
        self._add_reset()
        self.setWidget(content)
        viewport.view_changed.connect(self._refresh)

    # What is in it ------------------------------------------------------------------------------

    def _add_relief(self) -> None:
        form = self._group(self.tr("Relief"))
        self._number(form, self.tr("Strength"), "strength", 0, 1, 2, "")
        names = {
            None: self.tr("Automatic"),
            Mapping.DISPARITY: self.tr("Disparity"),
            Mapping.LINEAR: self.tr("Linear"),
            Mapping.METRIC: self.tr("Metric"),
        }
        tips = self.tr(
            "How the map becomes distance: disparity for what LDM3D and MiDaS give, linear for "
            "maps that are linear in distance, metric between near and far"
        )
        self._choice(form, self.tr("Mapping"), "mapping", names, tips)
        self._check(form, self.tr("Near and far swapped"), "invert_depth")
        self._add_near_and_far(form)
        self._number(form, self.tr("World scale"), "world_scale", 0.1, 10, 2, " ×", curve=True)

    def _add_near_and_far(self, form: QFormLayout) -> None:
        near = self._box(self.tr("Near"), 0, 100, 2, " m")
        near.setSpecialValueText(self.tr("Automatic"))
        far = self._box(self.tr("Far"), 0, FARTHEST_M, 1, " m")
        far.setSpecialValueText(self.tr("Automatic"))
        far.setToolTip(
            self.tr("Metric mapping: distance of depth 0; {0} m and more is infinity").format(
                round(FARTHEST_M)
            )
        )
        near.setToolTip(self.tr("Metric mapping: distance of depth 1"))
        near.valueChanged.connect(lambda value: self._set_near(value or None))
        far.valueChanged.connect(
            lambda value: self._set_far(math.inf if value >= FARTHEST_M else value or None)
        )
        form.addRow(_label(self.tr("Near")), near)
        form.addRow(_label(self.tr("Far")), far)

        def show(view: View) -> None:
            for box, value in ((near, view.near_m), (far, view.far_m)):
                with QSignalBlocker(box):
                    box.setValue(min(value or 0.0, FARTHEST_M))

        self._show.append(show)

    def _set_near(self, near_m: float | None) -> None:
        far_m = self._viewport.view.far_m
        if near_m is not None and far_m is not None and near_m >= far_m:
            far_m = None
        self._change(near_m=near_m, far_m=far_m)

    def _set_far(self, far_m: float | None) -> None:
        near_m = self._viewport.view.near_m
        if far_m is not None and near_m is not None and near_m >= far_m:
            near_m = None
        self._change(near_m=near_m, far_m=far_m)

    def _add_stereo(self) -> None:
        form = self._group(self.tr("Stereo"))
        tip = self.tr("How the two eyes' pictures are laid out")
        self._choice(form, self.tr("Mode"), "stereo", stereo_names(self), tip)
        self._number(form, self.tr("Eye distance"), "eye_separation_mm", 0, 200, 0, " mm")
        self._number(
            form, self.tr("Screen at"), "convergence_m", 0.3, 20, 2, " m", curve=True
        ).setToolTip(self.tr("Distance that appears in the plane of the screen"))

    def _add_view(self) -> None:
        form = self._group(self.tr("View"))
        self._number(form, self.tr("Field of view"), "fov_deg", MIN_FOV_DEG, MAX_FOV_DEG, 0, "°")
        names = {
            Shading.COLOR: self.tr("Colour"),
            Shading.DEPTH: self.tr("Depth"),
            Shading.WIREFRAME: self.tr("Wireframe"),
        }
        self._choice(form, self.tr("Show"), "shading", names, self.tr("What the surface shows"))

    def _add_reading(self) -> None:
        form = self._group(self.tr("Depth file"))
        self._reading = QComboBox()
        names = {
            DepthIs.AUTO: self.tr("Find out"),
            DepthIs.NEAR_WHITE: self.tr("White is near"),
            DepthIs.NEAR_BLACK: self.tr("Black is near"),
            DepthIs.METRES: self.tr("Metres"),
            DepthIs.MILLIMETRES: self.tr("Millimetres"),
        }
        for value, name in names.items():
            self._reading.addItem(name, value)
        self._reading.setToolTip(self.tr("What its numbers mean; the file is read again"))
        self._reading.setAccessibleName(self.tr("What the depth file's numbers mean"))
        self._reading.activated.connect(self._reading_chosen)
        form.addRow(_label(self.tr("Numbers are")), _elastic(self._reading))

    def _add_reset(self) -> None:
        button = QPushButton(self.tr("Reset settings"))
        button.setToolTip(self.tr("Forget what was changed for this picture"))
        button.clicked.connect(self.reset_wanted)
        self._column.addWidget(button)

    # How it is told and changed -----------------------------------------------------------------

    def set_options(self, options: ReadOptions) -> None:
        """Show how the present file was read."""
        self._options = options
        with QSignalBlocker(self._reading):
            self._reading.setCurrentIndex(self._reading.findData(options.depth_is))

    def _reading_chosen(self, index: int) -> None:
        meaning = DepthIs(self._reading.itemData(index))
        if meaning is not self._options.depth_is:
            self.reading_changed.emit(replace(self._options, depth_is=meaning))

    def _refresh(self, view: View) -> None:
        if self.isVisible():
            self.show_view(view)

    def show_view(self, view: View) -> None:
        """Bring all boxes to the values of `view`."""
        for show in self._show:
            show(view)

    def _change(self, **fields: Any) -> None:
        self._viewport.motion.touch()
        self._viewport.change(**fields)

    # Rows ---------------------------------------------------------------------------------------

    def _group(self, title: str) -> QFormLayout:
        label = QLabel(title)
        font = label.font()
        font.setBold(True)
        label.setFont(font)
        if self._column.count():
            self._column.addSpacing(12)
        self._column.addWidget(label)
        form = QFormLayout()
        form.setHorizontalSpacing(12)
        form.setVerticalSpacing(7)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.DontWrapRows)
        self._column.addLayout(form)
        return form

    def _box(
        self, name: str, low: float, high: float, decimals: int, suffix: str
    ) -> QDoubleSpinBox:
        box = QDoubleSpinBox()
        box.setRange(low, high)
        box.setDecimals(decimals)
        box.setSingleStep(10.0**-decimals * (5 if decimals else 1))
        box.setSuffix(suffix)
        box.setKeyboardTracking(False)
        box.setAccessibleName(name)
        box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        box.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
        return box

    def _number(
        self,
        form: QFormLayout,
        name: str,
        field: str,
        low: float,
        high: float,
        decimals: int,
        suffix: str,
        *,
        curve: bool = False,
    ) -> QSlider:
        """Add a slider with a box; `curve` makes the slider logarithmic."""
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(0, _STEPS)
        slider.setPageStep(_STEPS // 10)
        slider.setAccessibleName(name)
        box = self._box(name, low, high, decimals, suffix)
        box.setFixedWidth(70)
        box.setAlignment(Qt.AlignmentFlag.AlignRight)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(slider, 1)
        row.addWidget(box)
        form.addRow(_label(name), row)
        place, value_at = _curved(low, high) if curve else _straight(low, high)

        def show(view: View) -> None:
            value = float(getattr(view, field))
            with QSignalBlocker(box), QSignalBlocker(slider):
                box.setValue(value)
                slider.setValue(round(_STEPS * place(min(max(value, low), high))))

        slider.valueChanged.connect(lambda v: self._change(**{field: value_at(v / _STEPS)}))
        box.valueChanged.connect(lambda v: self._change(**{field: v}))
        self._show.append(show)
        return slider

    def _choice(
        self, form: QFormLayout, name: str, field: str, names: dict[Any, str], tip: str
    ) -> None:
        box = QComboBox()
        values = list(names)
        box.addItems(list(names.values()))
        box.setToolTip(tip)
        box.setAccessibleName(name)
        box.activated.connect(lambda index: self._change(**{field: values[index]}))
        form.addRow(_label(name), _elastic(box))

        def show(view: View) -> None:
            with QSignalBlocker(box):
                box.setCurrentIndex(values.index(getattr(view, field)))

        self._show.append(show)

    def _check(self, form: QFormLayout, name: str, field: str) -> None:
        box = QCheckBox(name)
        box.toggled.connect(lambda on: self._change(**{field: on}))
        form.addRow(_label(""), box)

        def show(view: View) -> None:
            with QSignalBlocker(box):
                box.setChecked(bool(getattr(view, field)))

        self._show.append(show)


def _label(text: str) -> QLabel:
    """Return a row's label; all are equally wide, so that the fields stand in one column."""
    label = QLabel(text)
    label.setFixedWidth(_LABEL_PX)
    return label


def _elastic(box: QComboBox) -> QComboBox:
    """Let a box take the width there is, however long its entries are."""
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(8)
    box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return box


def stereo_names(widget: QWidget) -> dict[Stereo, str]:
    """Return what the stereo modes are called, in the language of the window."""
    tr = widget.tr
    return {
        Stereo.MONO: tr("Off"),
        Stereo.SIDE_BY_SIDE: tr("Side by side"),
        Stereo.SIDE_BY_SIDE_HALF: tr("Side by side, half width"),
        Stereo.TOP_BOTTOM: tr("Top and bottom"),
        Stereo.TOP_BOTTOM_HALF: tr("Top and bottom, half height"),
        Stereo.ANAGLYPH: tr("Anaglyph, red and cyan"),
        Stereo.ROWS: tr("Interlaced rows"),
        Stereo.COLUMNS: tr("Interlaced columns"),
        Stereo.CROSS_EYED: tr("Cross-eyed"),
    }


Curve = Callable[[float], float]


def _straight(low: float, high: float) -> Sequence[Curve]:
    return (lambda value: (value - low) / (high - low), lambda part: low + part * (high - low))


def _curved(low: float, high: float) -> Sequence[Curve]:
    span = math.log(high / low)
    return (lambda value: math.log(value / low) / span, lambda part: low * math.exp(part * span))
