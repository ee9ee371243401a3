"""Fills a framebuffer with a panorama. ModernGL only: no window, no headset, no Qt."""

from depthfusion.renderer.panorama_renderer import PanoramaRenderer
from depthfusion.renderer.quality import Quality
from depthfusion.renderer.stages import Stage, stages

__all__ = ["PanoramaRenderer", "Quality", "Stage", "stages"]
