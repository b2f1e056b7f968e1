"""Pictures of different sizes in one batch: padded, and the padding kept out of what a network sees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from fireanalysis.errors import ParameterError
from fireanalysis.transforms.pictures import as_picture


def padded_batch(pictures: Sequence[ArrayLike]) -> tuple[Tensor, Tensor]:
    """Put pictures of different sizes into one batch, each in the upper left corner, and say how large each is.

    Parameters
    ----------
    pictures : sequence of uint8 (h, w, 3)
        Best of similar size and aspect: all are padded to the tallest and widest.

    Returns
    -------
    pictures : float32 (n, 3, rows, columns), 0 to 1
    sizes : int64 (n, 2)
        Rows and columns of each: what `Embedder` needs to keep the padding out.

    Raises
    ------
    DataError
        For an array that is no picture.
    ParameterError
        Without a picture.

    Examples
    --------
    >>> import numpy as np
    >>> batch, sizes = padded_batch([np.full((2, 3, 3), 255, np.uint8), np.full((4, 1, 3), 255, np.uint8)])
    >>> batch.shape, sizes.tolist(), batch[1, 0, 0].tolist()
    (torch.Size([2, 3, 4, 3]), [[2, 3], [4, 1]], [1.0, 0.0, 0.0])
    """
    arrays = [as_picture(picture, where="padded_batch") for picture in pictures]
    if not arrays:
        raise ParameterError("no pictures", where="padded_batch", do="pass at least one")
    sizes = torch.tensor([array.shape[:2] for array in arrays])
    batch = torch.zeros(len(arrays), 3, *sizes.amax(0).tolist())
    for place, array in zip(batch, arrays, strict=True):
        place[:, : array.shape[0], : array.shape[1]] = torch.tensor(array).permute(2, 0, 1) / 255
    return batch, sizes


def inside(sizes: Tensor, shape: Sequence[int]) -> Tensor:
    """Say which of (rows, columns) belong to each picture: bool (n, 1, rows, columns)."""
    rows, columns = (torch.arange(side, device=sizes.device) for side in shape)
    return ((rows < sizes[:, :1])[:, :, None] & (columns < sizes[:, 1:])[:, None, :])[:, None]


def level_sizes(sizes: Tensor, shape: Sequence[int], *, up: bool) -> dict[tuple[int, int], Tensor]:
    """Say how much of its array is each picture's own, wherever a network has halved the array.

    Parameters
    ----------
    sizes : int (n, 2)
    shape : (rows, columns)
        Of the array, at least 32 × 32.
    up : bool
        The network rounds halves up, as a padded convolution of stride 2 does; pooling by 2 rounds them down.

    Returns
    -------
    dict of (rows, columns) to int (n, 2)
        Halved not at all, once, ... five times.

    Examples
    --------
    >>> levels = level_sizes(torch.tensor([[50, 33]]), (64, 40), up=False)
    >>> {shape: own.tolist()[0] for shape, own in levels.items()}
    {(64, 40): [50, 33], (32, 20): [25, 16], (16, 10): [12, 8], (8, 5): [6, 4], (4, 2): [3, 2], (2, 1): [1, 1]}
    """
    found, (rows, columns), more = {}, shape, int(up)
    for _ in range(6):
        found[rows, columns] = sizes
        rows, columns, sizes = (rows + more) // 2, (columns + more) // 2, (sizes + more) // 2
    return found


@contextmanager
def masked(network: nn.Module, masks: Mapping[tuple[int, int], Tensor]) -> Iterator[None]:
    """Let a network see zeros beyond each picture: before every convolution wider than one pixel, and every pooling.

    That is after every activation and pooling, where the padding would otherwise have become something else.

    Parameters
    ----------
    network : Module
    masks : dict of (rows, columns) to bool (n, 1, rows, columns)
    """

    def blank(_: nn.Module, inputs: tuple[Tensor]) -> tuple[Tensor]:
        rows, columns = inputs[0].shape[-2:]
        return (inputs[0] * masks[rows, columns],)

    spatial = [
        layer
        for layer in network.modules()
        if isinstance(layer, nn.Conv2d | nn.MaxPool2d) and layer.kernel_size not in (1, (1, 1))
    ]
    hooks = [layer.register_forward_pre_hook(blank) for layer in spatial]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
