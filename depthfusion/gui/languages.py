"""Languages of the windows: translation files in `resources/translations`, if there are any.

The texts in the source are English. A translation is `depthfusion_CODE.qm`, such as
`depthfusion_de.qm`; `lupdate` and `lrelease` make it from the source.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QObject, QTranslator

from depthfusion.assets import asset

SOURCE = "en"
SYSTEM = "system"
_NAME = "depthfusion_"


def languages(folder: Path | None = None) -> Sequence[str]:
    """Return the codes of the languages there are, English first."""
    found = _folder(folder)
    if found is None:
        return (SOURCE,)
    codes = sorted(path.stem.removeprefix(_NAME) for path in found.glob(f"{_NAME}*.qm"))
    return (SOURCE, *(code for code in codes if code != SOURCE))


def use_language(app: QCoreApplication, wanted: str, folder: Path | None = None) -> str:
    """Translate the windows that are made from now on; English where there is no translation.

    Args:
        app: owner of the translators.
        wanted: "system", or a code such as de or pt_BR.
        folder: of the files; None: our own.

    Returns:
        The code of the language that is used.
    """
    locale = QLocale.system() if wanted == SYSTEM else QLocale(wanted)
    code = _best(locale, languages(folder))
    found = _folder(folder)
    if code == SOURCE or found is None:
        return SOURCE
    ours = _Translator(app)
    if not ours.load(str(found / f"{_NAME}{code}.qm")):
        return SOURCE
    app.installTranslator(ours)
    qts = QTranslator(app)  # its own buttons and dialogs
    if qts.load(
        locale, "qtbase", "_", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    ):
        app.installTranslator(qts)
    return code


class _Translator(QTranslator):
    """Finds a text also where `lupdate` filed it under another class than the one that asks.

    It files texts of functions under none, and those of `view.tr(...)` under the class around it;
    Qt asks for the class of the object. Equal texts so have one translation.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._found: dict[str, str] = {}

    def translate(
        self, context: str, source: str, disambiguation: str | None = None, n: int = -1
    ) -> str:
        """Return the translation, empty where there is none."""
        exact = super().translate(context, source, disambiguation, n)
        if exact:
            return exact
        if source not in self._found:
            others = (super(_Translator, self).translate(c, source) for c in _contexts())
            self._found[source] = next((text for text in others if text), "")
        return self._found[source]


def _contexts() -> Iterator[str]:
    """Yield the names under which our texts may be filed."""
    yield ""
    waiting: list[type] = [QObject]
    seen: set[type] = set()
    while waiting:
        below: list[type] = waiting.pop().__subclasses__()
        for kind in below:
            if kind not in seen:
                seen.add(kind)
                waiting.append(kind)
                if kind.__module__.startswith("depthfusion."):
                    yield kind.__name__


def _best(locale: QLocale, codes: Sequence[str]) -> str:
    for name in (locale.name(), locale.name().partition("_")[0]):
        if name in codes:
            return name
    return SOURCE


def _folder(folder: Path | None) -> Path | None:
    place = folder or Path(str(asset("resources"))) / "translations"
    return place if place.is_dir() else None
