"""What is the matter with a session, in words for the desktop."""

from __future__ import annotations

from depthfusion.headset import Event, EventKind

_BEGINS = {
    EventKind.STANDBY: "The headset was taken off",
    EventKind.PAUSE: "The headset shows its own menu",
    EventKind.FOCUS_LOST: "The headset shows another program",
    EventKind.CONTROLLER_OFF: "One controller is off or out of sight",
    EventKind.BINDINGS_CHANGED: "",
}
"""Kind of event -> its words where the runtime has none of its own; the gravest first."""
_ENDS = {
    EventKind.AWAKE: EventKind.STANDBY,
    EventKind.RESUME: EventKind.PAUSE,
    EventKind.FOCUS_GAINED: EventKind.FOCUS_LOST,
}
_BOTH_OFF = "Both controllers are off or out of sight"
UNTRACKED = "The headset does not know where it is: let its cameras or base stations see the room"
_UNTRACKED_AFTER_S = 0.3
"""A glance of lost tracking is nobody's trouble."""


class Conditions:
    """Remembers what is the matter, and tells when the gravest of it changes."""

    def __init__(self) -> None:
        self._now: dict[EventKind, str] = {}
        self._controllers_off = 0
        self._untracked_s = 0.0
        self._told = ""
        self.words = ""
        """The gravest matter, in one line; empty when all is well."""

    @property
    def hears_controls(self) -> bool:
        """Whether what the controllers say is meant for us."""
        return EventKind.PAUSE not in self._now and EventKind.FOCUS_LOST not in self._now

    @property
    def is_untracked(self) -> bool:
        """Whether the headset has not known its place for a while."""
        return self._untracked_s > _UNTRACKED_AFTER_S

    def note(self, event: Event) -> None:
        """Take note of an event; those that do not last are passed over."""
        if event.kind in {EventKind.CONTROLLER_OFF, EventKind.CONTROLLER_ON}:
            self._note_controller(event)
        elif event.kind is EventKind.BINDINGS_CHANGED and not event.words:
            self._now.pop(event.kind, None)
        elif event.kind in _BEGINS:
            self._now[event.kind] = event.words or _BEGINS[event.kind]
        elif event.kind in _ENDS:
            self._now.pop(_ENDS[event.kind], None)

    def _note_controller(self, event: Event) -> None:
        is_off = event.kind is EventKind.CONTROLLER_OFF
        self._controllers_off = max(0, self._controllers_off + (1 if is_off else -1))
        kind = EventKind.CONTROLLER_OFF
        if self._controllers_off > 1:
            self._now[kind] = _BOTH_OFF
        elif self._controllers_off == 1:
            self._now[kind] = (is_off and event.words) or _BEGINS[kind]
        else:
            self._now.pop(kind, None)

    def note_tracking(self, is_tracked: bool, seconds: float) -> None:
        """Take note of whether this frame's pose is real."""
        self._untracked_s = 0.0 if is_tracked else self._untracked_s + seconds

    def news(self) -> str | None:
        """Return the words if they are others than at the last call, else None."""
        self.words = self._gravest()
        if self.words == self._told:
            return None
        self._told = self.words
        return self.words

    def _gravest(self) -> str:
        if not self._now and not self.is_untracked:
            return ""
        for kind in _BEGINS:
            if kind is EventKind.CONTROLLER_OFF and self.is_untracked:
                return UNTRACKED
            if kind in self._now:
                return self._now[kind]
        return UNTRACKED
