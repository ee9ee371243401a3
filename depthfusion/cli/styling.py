"""`generate --style`: styles laid over a request and its prompts."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from depthfusion.styles import Style, load_styles, styled_from

if TYPE_CHECKING:
    from depthfusion.generator.request import Request

LIST = "list"
"""Instead of a name: tell which there are."""


def print_styles(*, as_json: bool) -> None:
    """Print every style; to standard error what could not be used."""
    found = load_styles()
    for line in found.complaints:
        print(f"note: {line}", file=sys.stderr)
    if as_json:
        print(json.dumps([asdict(style) for style in found.all], indent=2))
        return
    width = max((len(style.key) for style in found.all), default=0)
    for style in found.all:
        own = " (yours)" if style.is_own else ""
        about = style.about or ", ".join(filter(None, (style.before, style.after.lstrip(", "))))
        print(f"{style.key:<{width}}  {about}{own}")


def chosen_styles(names: Sequence[str]) -> list[Style]:
    """Return the styles of the line.

    Raises:
        UsageError: if there is no such style; files that could not be read are told before.
    """
    if not names:
        return []
    found = load_styles()
    for line in found.complaints:
        print(f"note: {line}", file=sys.stderr)
    return found.named(names)


def styled_request(base: Request, styles: Sequence[Style]) -> Request:
    """Return the request with what the styles advise; the line's own options stay."""
    if not styles:
        return base
    negative = base.negative_prompt
    if negative is None:
        negative = base.like.get("negative_prompt")
    styled = styled_from(
        styles, "", negative, steps=base.steps, guidance=base.guidance, scheduler=base.scheduler
    )
    return replace(
        base,
        negative_prompt=styled.negative or base.negative_prompt,
        steps=styled.steps,
        guidance=styled.guidance,
        scheduler=styled.scheduler,
    )


def styled_prompts(prompts: Sequence[str], styles: Sequence[Style]) -> list[str]:
    """Return the prompts with the styles' words."""
    return [styled_from(styles, prompt).prompt for prompt in prompts]
