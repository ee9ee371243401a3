"""How the light goes over from one world to another: down, across, up; never wholly out.

The old world fades to a third of its light; then it goes while the new one comes, both dim, in sum
always that third; then the new one rises. So the picture is never black between two worlds, and no
two bright stereo pictures lie over each other.

Pure numbers: no runtime, no OpenGL, no clock of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

OVERLAP_SHARE = 1 / 3
"""Of the light, in sum, while both are drawn."""
OVERLAP_S = 0.2
FALL_S, RISE_S = 0.4, 0.4
"""How long the light would take from full to none, and back: a third of it is not gone through."""


def mixed(leaving: float, progress: float) -> tuple[float, float]:
    """Return the shares of the old and the new world while both are drawn.

    Args:
        leaving: the old one's share when it began, `OVERLAP_SHARE` or less.
        progress: 0 to 1; soft at both ends, where darkness makes small steps visible.
    """
    part = progress * progress * (3 - 2 * progress)
    return leaving * (1 - part), OVERLAP_SHARE * part


@dataclass
class CrossFade:
    """What part of its light each world gives; one old and one new world at the most."""

    share: float = 1.0
    """0 to 1, of linear light: of the world that is shown, or comes."""
    leaving: float = 0.0
    """0 to `OVERLAP_SHARE`: of the one that goes; 0: there is none."""
    _began_at: float = 0.0
    _progress: float = 0.0

    @property
    def has_two(self) -> bool:
        """Whether both worlds are to be drawn."""
        return self.leaving > 0

    def step(self, seconds: float, *, is_wanted: bool) -> bool:
        """Go on, and return whether what is wanted is to be done now, by `begin`.

        A wish that comes while both worlds are drawn waits until the old one is gone; one that is
        taken back before it was done leaves no trace but a little less light for a moment.

        Args:
            seconds: since the frame before.
            is_wanted: whether a change is waiting.
        """
        if self.has_two:
            self._progress = min(1.0, self._progress + seconds / OVERLAP_S)
            self.leaving, self.share = mixed(self._began_at, self._progress)
            return False
        if not is_wanted:
            self.share = min(1.0, self.share + seconds / RISE_S)
            return False
        self.share = max(min(self.share, OVERLAP_SHARE), self.share - seconds / FALL_S)
        return self.share <= OVERLAP_SHARE

    def begin(self) -> None:
        """What was shown leaves from this frame on, and something else comes."""
        self.leaving, self.share = self.share, 0.0
        self._began_at, self._progress = self.leaving, 0.0

    def cut(self) -> None:
        """Change at once, since all is dark: what comes has all the light that will be."""
        self.leaving, self.share = 0.0, 1.0
