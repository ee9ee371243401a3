"""The one door to the hub's client library: settings, requests, and its errors in one line each.

The library is imported on first use. Its settings (HF_HOME, HF_HUB_CACHE, HF_ENDPOINT, HF_TOKEN,
HF_HUB_OFFLINE, HF_HUB_DOWNLOAD_TIMEOUT) are environment variables that it reads when imported.
"""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any

from ldm3d.errors import DownloadError, Ldm3dError, MissingPackageError, ModelNotFoundError

USER_AGENT = "ldm3d"


def library() -> Any:
    """Return the module huggingface_hub, with its telemetry off.

    Raises:
        MissingPackageError: if it is not installed.
    """
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    try:
        import huggingface_hub
        from huggingface_hub import constants
    except ImportError as error:
        raise MissingPackageError(
            "models from the hub need the package huggingface_hub: "
            'pip install "depthfusion-panorama[generate]", or name a folder'
        ) from error
    constants.HF_HUB_DISABLE_TELEMETRY = True  # where it was imported before us
    return huggingface_hub


def cache_folder() -> Path:
    """Return the hub's cache, which may not exist yet."""
    return Path(library().constants.HF_HUB_CACHE)


def endpoint() -> str:
    """Return the hub's address, without a slash at its end."""
    return str(library().constants.ENDPOINT).rstrip("/")


def is_offline() -> bool:
    """Whether HF_HUB_OFFLINE forbids any request."""
    return bool(library().constants.HF_HUB_OFFLINE)


def refuse_offline(wanted: str) -> None:
    """Raise DownloadError if the hub must not be asked; `wanted` says what for."""
    if is_offline():
        raise DownloadError(
            f"cannot {wanted}: offline mode is on (HF_HUB_OFFLINE); unset it, "
            "or use `depthfusion models add FOLDER`"
        )


def timeout_s() -> float:
    """Return how long the hub may be silent: HF_HUB_DOWNLOAD_TIMEOUT, 10 s unless set."""
    return float(library().constants.HF_HUB_DOWNLOAD_TIMEOUT)


def session() -> Any:
    """Return the HTTP client of the library (httpx's, whichever generation it uses)."""
    library()
    from huggingface_hub.utils import get_session

    return get_session()


def headers() -> dict[str, str]:
    """Return what every request carries: who asks, and the user's token if there is one."""
    library()
    from huggingface_hub.utils import build_hf_headers

    own = {"user-agent": USER_AGENT, "accept-encoding": "identity"}
    return dict(build_hf_headers(headers=own))


def network_errors() -> tuple[type[Exception], ...]:
    """Return what the HTTP client raises when the line or the server fails; a retry may help."""
    http = importlib.import_module(type(session()).__module__.partition(".")[0])
    return (http.RequestError, http.InvalidURL)


def model_info(model_id: str, revision: str) -> Any:
    """Return the hub's ModelInfo with sizes and checksums of all files.

    Raises:
        ModelNotFoundError: if the hub has no such model or revision.
        DownloadError: if it cannot be reached, refuses, or answers something else.
    """
    refuse_offline(f"ask the hub about {model_id}")
    own = {"user-agent": USER_AGENT}
    # HfHubHTTPError is an OSError
    failures: tuple[type[Exception], ...] = (OSError, *network_errors())
    try:
        api = library().HfApi(endpoint=endpoint(), headers=own)
        return api.model_info(model_id, revision=revision, files_metadata=True, timeout=timeout_s())
    except failures as error:
        raise explained(error, model_id, revision) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        # Whatever its parser raises on an answer that is no model's.
        raise DownloadError(
            f"{endpoint()} did not answer as a model hub does ({_short(error)}): "
            "check HF_ENDPOINT and the network"
        ) from error


def file_url(model_id: str, commit: str, name: str) -> str:
    """Return where a file's content is."""
    from urllib.parse import quote

    return f"{endpoint()}/{model_id}/resolve/{commit}/{quote(name)}"


def check_status(response: Any, model_id: str, name: str) -> None:
    """Raise what a refusing answer means; nothing for a good one.

    Raises:
        DownloadError: with the reason in one line.
    """
    library()
    from huggingface_hub.errors import HfHubHTTPError
    from huggingface_hub.utils import hf_raise_for_status

    try:
        hf_raise_for_status(response)
    except HfHubHTTPError as error:
        raise explained(error, model_id, "", name) from error


def explained(error: Exception, model_id: str, revision: str, name: str = "") -> Ldm3dError:
    """Return what an error of the library or of its HTTP client means for a person."""
    from huggingface_hub import errors

    status = getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(error, errors.RevisionNotFoundError):
        return ModelNotFoundError(
            f"the hub's {model_id} has no revision {revision}: name a commit, branch or tag of it"
        )
    if isinstance(error, errors.GatedRepoError):
        return DownloadError(
            f"{model_id} asks for permission first: sign in at {endpoint()}/{model_id}, accept its "
            "conditions, and set HF_TOKEN"
        )
    if isinstance(error, errors.RepositoryNotFoundError) or (status in {401, 404} and not name):
        how = (
            "one this HF_TOKEN may not see" if _has_token() else "a private one: then set HF_TOKEN"
        )
        return ModelNotFoundError(f"the hub has no model {model_id} (or {how}), check the name")
    if isinstance(status, int):
        return DownloadError(_refusal(status, f"{model_id}/{name}" if name else model_id))
    return DownloadError(
        f"cannot reach {endpoint()} ({_short(error)}): check the network or HF_ENDPOINT; "
        "what arrived is kept"
    )


def _refusal(status: int, what: str) -> str:
    if status in {401, 403}:
        return f"the hub refuses {what} (HTTP {status}): it may need another HF_TOKEN"
    if status == 404:
        return f"the hub has no {what} (HTTP 404) though it lists it: try again later"
    return f"the hub failed at {what} (HTTP {status}): try again later; what arrived is kept"


def _has_token() -> bool:
    return "authorization" in headers()


def _short(error: Exception) -> str:
    text = " ".join(str(error).split())[:160]
    return text or type(error).__name__
