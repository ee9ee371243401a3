"""CLIP similarity of a picture and its prompt: 100 cos (CLIPScore, arXiv 2104.08718)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from ldm3d.errors import InputError


class ClipSimilarity:
    """A local CLIP folder as transformers writes it: model, tokenizer, preprocessor_config.json."""

    def __init__(self, folder: Path) -> None:
        """Load it.

        Raises:
            InputError: if the folder is no CLIP.
        """
        from transformers import CLIPModel, CLIPTokenizer
        from transformers.utils import logging

        if not (folder / "config.json").is_file():
            raise InputError(f"want a folder with a CLIP model, {folder} has no config.json")
        logging.disable_progress_bar()
        try:
            self._model: Any = CLIPModel.from_pretrained(folder, local_files_only=True).eval()
            self._tokenizer: Any = CLIPTokenizer.from_pretrained(folder, local_files_only=True)
            values = json.loads((folder / "preprocessor_config.json").read_text(encoding="utf-8"))
            self._prepare = _Preparation(values)
        except (OSError, ValueError, KeyError, TypeError) as error:
            reason = " ".join(str(error).split())[:160]
            raise InputError(f"cannot load the CLIP model in {folder}: {reason}") from error

    @torch.no_grad()
    def __call__(self, picture: NDArray[np.uint8], prompt: str) -> float:
        """Return 100 cos(image, text) of a (H, W, 3) picture and its prompt."""
        text = self._tokenizer(
            [prompt], truncation=True, return_tensors="pt", padding="max_length",
            max_length=self._model.config.text_config.max_position_embeddings,
        )  # fmt: skip
        found = self._model(
            input_ids=text["input_ids"],
            attention_mask=text["attention_mask"],
            pixel_values=self._prepare(picture),
        )
        image = found.image_embeds / found.image_embeds.norm(dim=-1, keepdim=True)
        words = found.text_embeds / found.text_embeds.norm(dim=-1, keepdim=True)
        return float(100 * (image * words).sum())


class _Preparation:
    """CLIP's own: the shorter side resized (bicubic), the middle cut out, normalized."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        size, crop = values["size"], values["crop_size"]
        self._side = int(size["shortest_edge"] if isinstance(size, Mapping) else size)
        self._crop = int(crop["height"] if isinstance(crop, Mapping) else crop)
        self._mean = np.asarray(values["image_mean"], np.float32)
        self._deviation = np.asarray(values["image_std"], np.float32)

    def __call__(self, picture: NDArray[np.uint8]) -> Tensor:
        height, width = picture.shape[:2]
        scale = self._side / min(height, width)
        size = (max(self._side, int(width * scale)), max(self._side, int(height * scale)))
        small = np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC))
        top, left = (size[1] - self._crop) // 2, (size[0] - self._crop) // 2
        cut = small[top : top + self._crop, left : left + self._crop].astype(np.float32) / 255
        return torch.from_numpy(((cut - self._mean) / self._deviation).transpose(2, 0, 1)[None])
