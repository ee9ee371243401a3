"""Everything between the prompt and a finished world: bar, queue, worker, progress, failures.

The window is only told; who keeps finished worlds is not known here.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from depthfusion.errors import UsageError
from depthfusion.generator.events import Failed, Failure, Finished
from depthfusion.generator.model_list import ModelRow
from depthfusion.generator.models import STARTER, starter_folder
from depthfusion.generator.request import AnyRequest, DepthRequest, Request
from depthfusion.gui.creation import Creation
from depthfusion.gui.generation_queue import GenerationQueue, Job
from depthfusion.gui.opener import Opener
from depthfusion.gui.overlays import BannerAction
from depthfusion.gui.progress_row import ProgressRow
from depthfusion.gui.prompt_bar import PromptBar
from depthfusion.gui.prompt_form import ModelChoice, ModelValues, PromptForm
from depthfusion.gui.worker_link import WorkerLink
from depthfusion.settings import Wish
from ldm3d.recipe import DEFAULTS, SIZE_STEP_PX

if TYPE_CHECKING:
    from depthfusion.settings import Settings
    from depthfusion.styles import Styles

SMALLEST_PX = (256, 128)
_SIZES = ((512, 256), (768, 384), (1024, 512), (1536, 768), (2048, 1024))
_SWITCHED = {Wish.AUTO: None, Wish.ON: True, Wish.OFF: False}
_log = logging.getLogger(__name__)


class Making(QObject):
    """Makes what the prompt bar asks for, and tells what came of it."""

    finished = Signal(object)
    """A `Finished`: to be kept."""
    troubled = Signal(str, list)
    """One line and its ways on, as `BannerAction`s."""
    models_wanted = Signal(str)
    """Show the models; with a name, what getting it costs."""
    log_wanted = Signal()
    queue_changed = Signal()
    """What `unfinished` gives is different."""

    def __init__(self, opener: Opener, model: str | None, link: WorkerLink | None = None) -> None:
        """Make all parts; the worker is not started yet.

        Args:
            opener: of the viewport in which worlds form.
            model: to be used where the form names none; None: as the settings say.
            link: the worker; None: our own.
        """
        super().__init__(opener)
        self._store = opener.remembered.store
        self._model = model
        self._styles: Styles | None = None
        self._rows: list[ModelRow] = []
        self._values = ModelValues()
        self._done: dict[int, int] = {}
        self.link = link or WorkerLink(self)
        self.queue = GenerationQueue(self.link, self)
        self.creation = Creation(self.queue, opener)
        self.bar = PromptBar(opener.viewport)
        self.row = ProgressRow(self.queue, opener.viewport)
        self.bar.set_examples(
            [
                self.tr("a mossy forest at dawn, light through the mist"),
                self.tr("a harbour town in the evening, lanterns on the water"),
                self.tr("inside an old library, warm lamps, tall shelves"),
            ]
        )
        self._connect()
        self._show_models([])

    def _connect(self) -> None:
        queue, bar = self.queue, self.bar
        bar.generate_wanted.connect(self.make)
        bar.model_changed.connect(self._model_chosen)
        queue.changed.connect(self._follow)
        queue.made.connect(self._made)
        queue.failed.connect(self._failed)

    # Models and styles --------------------------------------------------------------------------

    def load_styles(self) -> Sequence[str]:
        """Offer the styles there are; return one line for each file that could not be used."""
        from depthfusion.styles import load_styles

        self._styles = load_styles()
        self.bar.set_styles([(s.key, s.name, s.about) for s in self._styles.all])
        return self._styles.complaints

    @property
    def default_model(self) -> str | None:
        """The model where the form names none; None: the installation's own."""
        return self._model or self._store.settings.model

    @Slot(object)
    def set_models(self, rows: list[ModelRow]) -> None:
        """Offer the models of this machine that make worlds."""
        self._show_models([row for row in rows if row.is_here and _makes_worlds(row)])

    def use_model(self, name: str) -> None:
        """Make worlds with a model from now on.

        Raises:
            SaveError: if that cannot be written down.
        """
        self._store.change(model=name)
        self._model = None
        self.bar.set_form(replace(self.bar.form, model=None))
        self._show_models(self._rows)

    def settings_changed(self) -> None:
        """Take over what the settings say where the form is silent."""
        self._show_models(self._rows)

    def _show_models(self, rows: list[ModelRow]) -> None:
        starter, default = starter_folder(), self.default_model
        if starter is not None and not any(row.name == STARTER for row in rows):
            rows = [ModelRow(STARTER, is_here=True, folder=str(starter)), *rows]
        if default is not None and not any(default in {r.name, r.folder} for r in rows):
            folder = Path(default).expanduser()
            if (folder / "model_index.json").is_file():
                path = str(folder.resolve())
                rows = [*rows, ModelRow(path, is_here=True, folder=path, purpose=path)]
        self._rows = rows
        names = {row.name: self._title(row.name) for row in rows}
        self.bar.set_models(
            [ModelChoice(row.name, names[row.name], row.purpose) for row in rows],
            default=self._title(default) if default else "",
        )
        self._model_chosen(self.bar.form.model)

    def _title(self, name: str) -> str:
        if name == STARTER:
            return self.tr("Starter model")
        return Path(name).name if Path(name).is_absolute() else name

    @Slot(object)
    def _model_chosen(self, name: str | None) -> None:
        wanted = name or self.default_model or STARTER
        folder = next((row.folder for row in self._rows if wanted in {row.name, row.folder}), None)
        if folder is None and len(self._rows) == 1:
            folder = self._rows[0].folder
        self._values = _values_from(folder, self._store.settings)
        self.bar.set_model_values(self._values)

    # Making -------------------------------------------------------------------------------------

    @Slot(object)
    def make(self, form: PromptForm) -> None:
        """Put what a form asks for into the queue."""
        self.queue.add(self._completed(form.request(self._styled)))

    def _styled(self, name: str, request: Request) -> Request:
        from depthfusion.styles import styled_from

        if self._styles is None:
            self.load_styles()
        assert self._styles is not None
        try:
            styles = self._styles.named([name])
        except UsageError as error:
            _log.info("left out: %s", error)
            return request
        styled = styled_from(
            styles, request.prompt, request.negative_prompt,
            steps=request.steps, guidance=request.guidance, scheduler=request.scheduler,
        )  # fmt: skip
        return replace(
            request, prompt=styled.prompt, negative_prompt=styled.negative, steps=styled.steps,
            guidance=styled.guidance, scheduler=styled.scheduler,
        )  # fmt: skip

    def _completed(self, request: Request) -> Request:
        """Fill in what the settings say where the form is silent."""
        settings = self._store.settings
        width, height = settings.size or (None, None)
        size_said = request.width is not None
        return replace(
            request,
            model=request.model or self.default_model,
            steps=settings.steps if request.steps is None else request.steps,
            guidance=settings.guidance if request.guidance is None else request.guidance,
            scheduler=request.scheduler or settings.scheduler,
            width=request.width if size_said else width,
            height=request.height if size_said else height,
            previews=settings.preview_rate > 0,
            preview_rate=settings.preview_rate or None,
            low_memory=_SWITCHED[settings.low_memory],
        )

    @Slot()
    def _follow(self) -> None:
        self.bar.set_busy(self.queue.current is not None)
        self.queue_changed.emit()

    @Slot(object, object)
    def _made(self, job: Job, finished: Finished) -> None:
        if isinstance(job.request, DepthRequest):
            return  # no new world: `creation.depth_came` tells of it
        self._done[job.number] = finished.image + 1
        seed = finished.panorama.provenance.generation.get("seed")
        if isinstance(seed, int):
            self.bar.show_seed(seed)
        self.finished.emit(finished)
        self.queue_changed.emit()

    def unfinished(self) -> list[AnyRequest]:
        """Return what is not made yet, the present one first: for the next start."""
        jobs = [self.queue.current] if self.queue.current is not None else []
        return [self._rest(job) for job in (*jobs, *self.queue.waiting)]

    def _rest(self, job: Job) -> AnyRequest:
        """Return the part of a job that is not made yet."""
        done, request = self._done.get(job.number, 0), job.request
        if not done or not isinstance(request, Request) or request.seed is None:
            return request
        return replace(request, seed=request.seed + done, count=max(1, request.count - done))

    # What went wrong ----------------------------------------------------------------------------

    @Slot(object, object)
    def _failed(self, job: Job, failed: Failed) -> None:
        _log.error("%s\n%s", failed.message, failed.details)
        again = self._rest(job)
        tr = self.tr
        retry = BannerAction(tr("Retry"), lambda: self._again(again), tr("Make it again"))
        log = BannerAction(tr("Details"), self.log_wanted.emit, tr("Show the log"), stays=True)
        models = BannerAction(
            tr("Models"), lambda: self.models_wanted.emit(""), tr("Show the models")
        )
        if isinstance(job.request, DepthRequest):
            from ldm3d.hub.known import DEPTH_MODEL

            network = job.request.model or DEPTH_MODEL
            models = BannerAction(
                tr("Get it…"),
                lambda: self.models_wanted.emit(network),
                tr("See size and licence of {0}; nothing is fetched yet").format(network),
            )
        smaller = self._smaller(again)
        ways = {Failure.MODEL: [models, retry, log], Failure.REQUEST: [log]}
        actions = ways.get(failed.kind, [retry, log])
        if failed.kind in {Failure.MEMORY, Failure.CRASH} and smaller is not None:
            size = f"{smaller.width} × {smaller.height}"
            use = BannerAction(tr("Smaller size"), lambda: self._again(smaller), size)
            actions = [use, retry, log] if failed.kind is Failure.MEMORY else [retry, use, log]
        text = failed.message
        if failed.kind is Failure.CRASH:
            text = tr("{0} All kept worlds are safe.").format(_sentence(text))
        self.troubled.emit(text, actions)

    def _again(self, request: AnyRequest) -> None:
        self.queue.add(request, first=True)

    def _smaller(self, request: AnyRequest) -> Request | None:
        if not isinstance(request, Request):
            return None
        width, height = request.width, request.height
        if width is None or height is None:
            width, height = self._values.size or (DEFAULTS["width"], DEFAULTS["height"])
        width, height = (side // 2 // SIZE_STEP_PX * SIZE_STEP_PX for side in (width, height))
        if width < SMALLEST_PX[0] or height < SMALLEST_PX[1]:
            return None
        return replace(request, width=width, height=height)

    # Beginning and end --------------------------------------------------------------------------

    def warm_up(self) -> None:
        """Start the worker, so that the first world does not wait for it."""
        QTimer.singleShot(0, self.link.warm_up)

    def shut_down(self) -> None:
        """End the worker; what it was making is given up."""
        self.link.shut_down()


def requests_from(values: Sequence[object]) -> list[AnyRequest]:
    """Return the requests of a session's queue; what cannot be is left out."""
    found: list[AnyRequest] = []
    for value in values:
        if isinstance(value, Mapping):
            kind = DepthRequest if "path" in value else Request
            with suppress(UsageError):
                found.append(kind.from_dict(value))
    return found


def _makes_worlds(row: ModelRow) -> bool:
    """Whether a model's folder makes colour and depth together."""
    from ldm3d.errors import ModelError
    from ldm3d.model_folder import check_folder

    if row.folder is None:
        return False
    try:
        check_folder(Path(row.folder))
    except (ModelError, OSError):
        return False
    return True


def _values_from(folder: str | None, settings: Settings) -> ModelValues:
    """Return what a model, and the settings over it, use where the form says nothing."""
    from ldm3d.errors import ModelError
    from ldm3d.model_folder import read_info

    defaults: dict[str, Any] = dict(DEFAULTS)
    if folder is not None:
        with suppress(ModelError, OSError):
            defaults |= read_info(Path(folder)).get("defaults", {})
    size = settings.size or (defaults["width"], defaults["height"])
    return ModelValues(
        negative_prompt=defaults.get("negative_prompt") or None,
        steps=settings.steps or defaults.get("steps"),
        guidance=defaults.get("guidance") if settings.guidance is None else settings.guidance,
        size=size,
        scheduler=settings.scheduler or defaults.get("scheduler"),
        sizes=tuple(sorted({size, *_SIZES})),
    )


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
