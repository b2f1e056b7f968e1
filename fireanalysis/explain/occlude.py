"""Occlusion sensitivity: cover a patch, see what it costs the class, move on."""

import copy

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from fireanalysis.models import memory_format
from fireanalysis.transforms.arrays import whole

from .inputs import checked

_CPU_PIXELS, _GPU_PIXELS = 2**18, 2**23


def occlusion(
    model: nn.Module,
    inputs: ArrayLike | Tensor,
    targets: ArrayLike | Tensor | int,
    *,
    patch: int = 6,
    stride: int = 2,
    batch_size: int | None = None,
) -> NDArray[np.float32]:
    """Show how much the probability of a class falls when a patch of the picture is covered.

    Parameters
    ----------
    model : torch.nn.Module
        Takes (n, channels, rows, columns), gives one score (logit) a class. Explained in evaluation mode.
    inputs : float (n, channels, rows, columns)
        What the network sees, without missing values; brought to the model's device.
    targets : int or int (n,)
        Class to explain, one for all or one a picture.
    patch : int
        Edge of the covered square in pixels; covered means 0, the mean of the training part.
    stride : int
        From one square to the next, in pixels, at most `patch`; small values give fine maps and cost
        (pixels / stride)² forward passes a picture.
    batch_size : int
        So many covered copies at a time; by default as many as fill a processor's cache, or a GPU.

    Returns
    -------
    ndarray, float32 (n, rows, columns)
        Fall of the probability, averaged over the squares that cover a pixel; below 0 where covering helps.

    Raises
    ------
    DataError
        For inputs of another shape, or with missing values.
    ParameterError
        For a class that is none, a patch larger than the picture, or a stride of 0 or larger than the patch.

    Notes
    -----
    Source: §5.2, Figs 12–15 ("low patch and stride sizes", which the paper does not state); Zeiler & Fergus
    2014 (arXiv:1311.2901). The same numbers as captum's Occlusion on probabilities, but many copies at a time, in
    the layout of memory that convolutions prefer, and no copies where nothing is covered: on one core 5 times as
    fast as captum's default for small networks, 1.4 times for large ones (tests/benchmarks/bench_explain.py).

    Examples
    --------
    >>> corner = nn.Sequential(nn.Flatten(), nn.Linear(16, 2, bias=False))
    >>> weights = torch.zeros(2, 16)
    >>> weights[1, 0] = 4.0
    >>> _ = corner[1].weight.data.copy_(weights)
    >>> occlusion(corner, np.ones((1, 1, 4, 4), np.float32), 1, patch=2, stride=2)[0].round(2)
    array([[0.48, 0.48, 0.  , 0.  ],
           [0.48, 0.48, 0.  , 0.  ],
           [0.  , 0.  , 0.  , 0.  ],
           [0.  , 0.  , 0.  , 0.  ]], dtype=float32)
    """
    pictures, classes = checked(model, inputs, targets, where="occlusion")
    rows, columns = pictures.shape[2:]
    patch = whole(patch, name="patch", where="occlusion", least=1, most=min(rows, columns))
    stride = whole(stride, name="stride", where="occlusion", least=1, most=patch)
    if batch_size is None:
        batch_size = max(
            1, (_CPU_PIXELS if pictures.device.type == "cpu" else _GPU_PIXELS) // (rows * columns)
        )
    size = whole(batch_size, name="batch_size", where="occlusion", least=1, most=2**31)
    # A copy: evaluation mode and a layout of memory that convolutions run faster on, the caller's left as it is.
    resting = copy.deepcopy(model).eval()
    resting.to(memory_format=memory_format(resting))  # type: ignore[call-overload]  # not in torch's stubs
    with torch.inference_mode():
        down, across = (_squares(n, patch, stride, pictures.device) for n in (rows, columns))
        falls = torch.stack(
            [
                _falls(resting, picture, wanted, down, across, size)
                for picture, wanted in zip(pictures, classes, strict=True)
            ]
        )
        return _spread(falls, patch, stride, rows, columns).float().cpu().numpy()


def _squares(pixels: int, patch: int, stride: int, device: torch.device) -> Tensor:
    """Which pixels along an edge each square covers, bool (squares, pixels); the last one may stick out."""
    starts = torch.arange(0, pixels - patch + stride, stride, device=device)[:, None]
    place = torch.arange(pixels, device=device)
    return (place >= starts) & (place < starts + patch)


def _falls(
    model: nn.Module, picture: Tensor, wanted: Tensor, down: Tensor, across: Tensor, size: int
) -> Tensor:
    """Fall of one picture's probability for each square, (squares down, squares across)."""
    whole_picture = _probability(model, picture[None], wanted)
    chosen = torch.cartesian_prod(
        *(torch.arange(len(side), device=picture.device) for side in (down, across))
    )
    # A square that is zero already costs nothing: no need to ask the network.
    matters = (
        torch.einsum("ar,rc,bc->ab", down.float(), (picture != 0).any(dim=0).float(), across.float()) > 0
    )
    falls = torch.zeros(len(down), len(across), dtype=picture.dtype, device=picture.device)
    for squares in chosen[matters.ravel()].split(size):
        r, c = squares.T
        covered = down[r][:, None, :, None] & across[c][:, None, None, :]
        copies = torch.where(covered, 0, picture).contiguous(memory_format=memory_format(model))
        falls[r, c] = whole_picture - _probability(model, copies, wanted)
    return falls


def _probability(model: nn.Module, pictures: Tensor, wanted: Tensor) -> Tensor:
    return model(pictures).softmax(dim=1)[:, wanted]


def _spread(falls: Tensor, patch: int, stride: int, rows: int, columns: int) -> Tensor:
    """Mean over the squares that cover each pixel; each has at least one, as no stride is above the patch."""
    square = torch.ones(1, 1, patch, patch, dtype=falls.dtype, device=falls.device)
    total, count = (
        F.conv_transpose2d(values[:, None], square, stride=stride)[:, 0, :rows, :columns]
        for values in (falls, torch.ones_like(falls[:1]))
    )
    return total / count
