"""The app's headset: the wearer walks the library, and has worlds made again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Slot

from depthfusion.errors import DepthFusionError
from depthfusion.generator.events import Failed
from depthfusion.gui.generation_queue import Job
from depthfusion.gui.headset_desk import HeadsetDesk
from depthfusion.gui.headset_finder import HeadsetFinder
from depthfusion.gui.headset_link import HeadsetLink
from depthfusion.gui.loading import Source
from depthfusion.gui.prompt_form import PromptForm
from depthfusion.library import Query

if TYPE_CHECKING:
    from depthfusion.gui.app_parts import AppParts

_PROGRESS_MS = 500


class AppHeadsetDesk(HeadsetDesk):
    """A `HeadsetDesk` with a library and a queue behind it."""

    def __init__(
        self,
        window: AppParts,
        link: HeadsetLink | None = None,
        finder: HeadsetFinder | None = None,
    ) -> None:
        """As `HeadsetDesk`, for the app window."""
        super().__init__(window, link, finder)
        self._app = window
        self._told = ("", 0.0)
        self._progress = QTimer(self, interval=_PROGRESS_MS)
        self._progress.timeout.connect(self._tell_progress)
        queue = window.making.queue
        queue.changed.connect(self._follow_queue)
        queue.failed.connect(self._making_failed)
        window.keeper.kept.connect(self.send_world)

    def step(self, step: int) -> None:
        """Open the next or previous world of the library, in the order in which it is shown."""
        panel, here = self._app.library_panel, self._app.opener.world
        query = panel.header.query if panel is not None else Query()
        try:
            names = self._app.library.names(query)
            if not names:
                super().step(step)
                return
            name = _stepped(names, self._tried or (here.name if here else ""), step)
            world = self._app.library.world(name)
        except DepthFusionError as error:
            self._app.complain(str(error))
            return
        self._tried = name
        self._app.opener.open(Source(str(world.folder), title=world.title))

    def again(self) -> None:
        """Put the open world's sentence into the queue with a new seed."""
        facts, making = self._app.facts, self._app.making
        if facts is None or not facts.can_be_used:
            self.note(self.tr("This world has no sentence that it could be made from again"))
            return
        form = PromptForm.from_recipe(dict(facts.recipe), model=making.bar.form.model)
        prompt = form.prompt or str(facts.asked("prompt") or "")
        making.make(replace(form, prompt=prompt, seed=None, seed_locked=False))
        making.creation.watch()

    @Slot()
    def _follow_queue(self) -> None:
        is_wanted = self._app.making.queue.current is not None
        if is_wanted and not self._progress.isActive():
            self._progress.start()
        elif not is_wanted:
            self._progress.stop()
            self._told = ("", 0.0)
            self.link.tell("")

    @Slot()
    def _tell_progress(self) -> None:
        row = self._app.making.row
        told = (row.text, row.bar.value() / max(1, row.bar.maximum()))
        if self.is_active and told != self._told:
            self._told = told
            self.link.tell(*told)

    @Slot(object, object)
    def _making_failed(self, job: Job, failed: Failed) -> None:
        self.note(failed.message)


def _stepped(names: list[str], here: str, step: int) -> str:
    """Return the name `step` on from `here` in a ring; its beginning or end where it is not in."""
    if here not in names:
        return names[0 if step > 0 else -1]
    return names[(names.index(here) + step) % len(names)]
