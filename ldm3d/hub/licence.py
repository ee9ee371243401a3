"""What a licence asks of its user, told before a download; the text itself decides."""

from __future__ import annotations

OPENRAIL_LINK = "https://huggingface.co/spaces/CompVis/stable-diffusion-license"

OPENRAIL_SUMMARY = """\
CreativeML OpenRAIL-M, in plain words (a summary by DepthFusion: the licence itself decides)

You may use, change and pass on the model, and sell what you make with it. The authors claim no
rights in what you generate: you are accountable for it.

You may not use the model, or what is derived from it:
  - in a way that breaks a law or regulation
  - to exploit or harm minors
  - to make or spread information that is verifiably false, in order to harm others
  - to make or spread personal information that can be used to harm somebody
  - to defame, disparage or harass others
  - for fully automated decisions that harm somebody's legal rights or create binding duties
  - to discriminate against or harm people for their behaviour or their personal characteristics
  - to exploit the weaknesses of a group (age, social, physical or mental characteristics) so as
    to distort its members' behaviour in a way that may harm them or others
  - to discriminate against people for characteristics that the law protects
  - to give medical advice or interpret medical results
  - to make or spread information for law enforcement, justice, immigration or asylum processes,
    such as predicting that somebody will commit fraud or a crime

Who passes the model or a derived one on has to bind others to these restrictions, to give them
the licence, to keep its notices, and to say what was changed. The licensor may restrict uses that
break the licence, and asks for reasonable efforts to use the latest version. There is no warranty
of any kind."""


def is_openrail(licence: str | None) -> bool:
    """Whether a card's licence is CreativeML OpenRAIL-M."""
    folded = (licence or "").casefold().replace("_", "-").replace(" ", "-")
    return folded == "creativeml-openrail-m"


def summary(licence: str | None) -> str:
    """Return a summary of a licence, or what is known when it is another one."""
    if is_openrail(licence):
        return OPENRAIL_SUMMARY
    if licence is None:
        return "The repository names no licence: without one, nothing allows you to use it."
    return f"Licence: {licence}. DepthFusion has no summary of it: read its text."
