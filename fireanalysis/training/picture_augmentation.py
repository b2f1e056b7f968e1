"""Changes made to pictures and their masks while training, a batch at a time on the device."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

_LUMA = (0.299, 0.587, 0.114)


def augment_pictures(pictures: Tensor, masks: Tensor, kinds: tuple[str, ...]) -> tuple[Tensor, Tensor]:
    """Change each picture of a batch in its own way; torch's seed decides how.

    Parameters
    ----------
    pictures : float32 (n, 3, rows, columns)
        0 to 1.
    masks : float32 (n, rows, columns)
        0 or 1.
    kinds : tuple of str
        "geometry": flipped, turned by up to 30°, half to twice as large, moved by up to a quarter of the side;
        what comes from outside mirrors the inside. "colour": brightness, contrast, saturation, balance and gamma;
        every tenth grey. "camera": one in two blurred or shrunk and enlarged, all with noise.

    Returns
    -------
    pictures, masks
        As they were given.

    Notes
    -----
    Not in the paper: strengths are assumed.

    Examples
    --------
    >>> _ = torch.manual_seed(0)
    >>> pictures, masks = augment_pictures(torch.rand(2, 3, 32, 32), torch.ones(2, 32, 32), ("geometry", "colour"))
    >>> pictures.shape, masks.unique()
    (torch.Size([2, 3, 32, 32]), tensor([1.]))
    """
    if "geometry" in kinds:
        pictures, masks = _moved(pictures, masks)
    if "colour" in kinds:
        pictures = _coloured(pictures)
    if "camera" in kinds:
        pictures = _seen(pictures)
    return pictures, masks


def _between(like: Tensor, low: float, high: float, *, channels: int = 1) -> Tensor:
    """Draw one number a picture (and channel), shaped to multiply the pictures with."""
    return torch.empty(len(like), channels, 1, 1, device=like.device).uniform_(low, high)


def _moved(pictures: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
    angle, scale, dx, dy = (
        _between(pictures, low, high).flatten()
        for low, high in ((-math.pi / 6, math.pi / 6), (math.log(0.5), math.log(2)), (-0.5, 0.5), (-0.5, 0.5))
    )
    flip = torch.where(torch.rand_like(angle) < 0.5, -1.0, 1.0)
    step = torch.exp(-scale)  # twice as large: half the step in the picture
    cos, sin = angle.cos() * step, angle.sin() * step
    turned = torch.stack([torch.stack([cos * flip, -sin, dx], 1), torch.stack([sin * flip, cos, dy], 1)], 1)
    grid = functional.affine_grid(turned, list(pictures.shape), align_corners=False)
    both = torch.cat([pictures, masks[:, None]], 1)
    out = functional.grid_sample(both, grid, padding_mode="reflection", align_corners=False)
    return out[:, :3].contiguous(), (out[:, 3] > 0.5).float()


def _coloured(pictures: Tensor) -> Tensor:
    grey = (pictures * pictures.new_tensor(_LUMA)[:, None, None]).sum(1, keepdim=True)
    saturation = _between(pictures, 0, 1.6) * (_between(pictures, 0, 1) > 0.1)
    out = grey + (pictures - grey) * saturation
    middle = out.mean((1, 2, 3), keepdim=True)
    out = middle + (out - middle) * _between(pictures, 0.5, 1.5)
    out = out * _between(pictures, 0.6, 1.4) * _between(pictures, 0.85, 1.15, channels=3)
    return out.clamp(0, 1) ** torch.exp(_between(pictures, -0.5, 0.5))


def _seen(pictures: Tensor) -> Tensor:
    rows, columns = pictures.shape[-2:]
    factor = float(torch.empty(()).uniform_(1.2, 3))  # one for the batch: sizes must agree
    size = [max(1, round(rows / factor)), max(1, round(columns / factor))]
    small = functional.interpolate(pictures, size=size, mode="bilinear", antialias=True)
    coarse = functional.interpolate(small, size=[rows, columns], mode="bilinear")
    out = torch.where(_between(pictures, 0, 1) < 0.5, coarse, pictures)
    return (out + torch.randn_like(out) * _between(pictures, 0, 0.05)).clamp(0, 1)
