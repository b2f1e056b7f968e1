"""Oversampling by rotation on the fly: an arithmetic of copies, of which none is made before it is looked at."""

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch.nn import functional

from fireanalysis.errors import ParameterError
from fireanalysis.simulators.hashing import uniform


class RotatedCopies:
    """A longer list of samples: each class filled up to a least number by turned copies of all its samples.

    Every sample of a class has the same number of copies, so a class comes out at a whole multiple of its
    size. The first copy is the sample itself; the others are turned by an angle that depends on seed, sample
    and copy alone. Nothing is kept but one number a sample.

    Parameters
    ----------
    codes : int (n,)
        Class of each sample, from 0.
    at_least : int
        Copies for each class to have; 0 for the samples alone.
    seed : int
        Another seed, other angles.

    Raises
    ------
    ParameterError
        If `at_least` is below 0.

    Notes
    -----
    Source: section 4.1, at least 50,000 a class. The paper's counts (Tables 2 and 3, #Train) are whole
    multiples too; how angles were chosen it does not say: uniform here.

    Examples
    --------
    >>> copies = RotatedCopies([0, 0, 0, 1], at_least=3, seed=0)
    >>> len(copies), copies.samples(np.arange(6)).tolist()
    (6, [0, 1, 2, 3, 3, 3])
    >>> [float(angle) > 0 for angle in copies.angles_deg(np.arange(6))]
    [False, False, False, False, True, True]
    """

    def __init__(self, codes: ArrayLike, *, at_least: int, seed: int) -> None:
        if at_least < 0:
            raise ParameterError(
                f"at_least is {at_least}; it must be 0 or more",
                where="RotatedCopies",
                do="pass for example 50000",
            )
        self.seed = seed
        array = np.asarray(codes)
        self._by_class = np.argsort(array, kind="stable")
        counts = np.bincount(array)
        self._copies = np.maximum(1, -(-at_least // np.maximum(counts, 1)))
        self.counts = counts * self._copies
        self._first_sample = np.cumsum(counts) - counts
        self._ends = np.cumsum(self.counts)

    def __len__(self) -> int:
        return int(self._ends[-1])

    def _places(self, items: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        items = np.asarray(items, np.int64)
        label = np.searchsorted(self._ends, items, side="right")
        within = items - (self._ends - self.counts)[label]
        copy = within % self._copies[label]
        return self._by_class[self._first_sample[label] + within // self._copies[label]], copy

    def samples(self, items: ArrayLike) -> NDArray[np.int64]:
        """Which samples the items are copies of."""
        return self._places(items)[0]

    def angles_deg(self, items: ArrayLike) -> NDArray[np.float32]:
        """By how much the items are turned: 0 for the samples themselves."""
        sample, copy = self._places(items)
        angles = 360 * uniform(self.seed, "rotated copy", sample, copy)
        return np.where(copy == 0, 0, angles).astype(np.float32)


def rotate_batch(maps: torch.Tensor, angles_deg: torch.Tensor) -> torch.Tensor:
    """Turn each map of a batch about its centre, counter-clockwise as seen; what comes from outside is 0.

    Parameters
    ----------
    maps : float (n, channels, rows, columns)
        Without missing points, on any device.
    angles_deg : float (n,)

    Returns
    -------
    float (n, channels, rows, columns)
        Interpolated linearly; maps whose angle is 0 are as they were.

    Examples
    --------
    >>> rotate_batch(torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]]), torch.tensor([90.0])).round(decimals=3)
    tensor([[[[2., 4.],
              [1., 3.]]]])
    """
    turned = angles_deg.nonzero()[:, 0]  # the one thing a GPU is waited for
    if not len(turned):
        return maps
    angle = torch.deg2rad(angles_deg[turned]).to(maps.dtype)[:, None, None]
    cos, sin = angle.cos(), angle.sin()
    rows, columns = maps.shape[-2:]
    x = torch.arange(columns, device=maps.device, dtype=maps.dtype) - (columns - 1) / 2
    y = torch.arange(rows, device=maps.device, dtype=maps.dtype)[:, None] - (rows - 1) / 2
    # Where each point comes from, in halves of the map's sides.
    origin = torch.stack([(cos * x - sin * y) * (2 / columns), (sin * x + cos * y) * (2 / rows)], dim=-1)
    out = maps.clone()
    out[turned] = functional.grid_sample(maps[turned], origin, align_corners=False)
    return out
