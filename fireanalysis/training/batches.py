"""Batches straight from the kept maps: one read a batch, standardised, copies turned later on the device."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, Dataset, Sampler

from fireanalysis.errors import DataError
from fireanalysis.loaders import DataSet
from fireanalysis.transforms import Moments

from .oversampling import RotatedCopies


class Batches(Dataset):
    """Whole batches by their item numbers: maps, classes, and angles by which to turn the maps.

    Parameters
    ----------
    maps : DataSet of float (rows, columns)
        NaN missing, all of one shape.
    classes : ndarray
        Labels in the order of their codes; other labels get −1.
    moments : Moments
        Mean and standard deviation of the training part.
    at_least, seed : int
        See `RotatedCopies`.

    Raises
    ------
    DataError
        When maps of several shapes are read.
    """

    def __init__(
        self, maps: DataSet, classes: NDArray, moments: Moments, *, at_least: int = 0, seed: int = 0
    ) -> None:
        self._maps, self._moments = maps, moments
        places = np.searchsorted(classes, maps.labels).clip(max=len(classes) - 1)
        self.codes = np.where(classes[places] == maps.labels, places, -1)
        # Unknown labels are a class of their own where copies are counted.
        self.copies = RotatedCopies(self.codes + 1, at_least=at_least, seed=seed)

    def __len__(self) -> int:
        return len(self.copies)

    def __getitem__(self, items: NDArray[np.int64]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        rows = self.copies.samples(items)
        maps = np.subtract(self._read(rows), self._moments.mean, dtype=np.float32)
        maps /= np.float32(self._moments.std)
        np.nan_to_num(maps, copy=False, nan=0.0)
        angles = torch.from_numpy(self.copies.angles_deg(items))
        return torch.from_numpy(maps)[:, None], torch.from_numpy(self.codes[rows]), angles

    def _read(self, rows: NDArray[np.int64]) -> NDArray:
        found = self._maps.read(self._maps.table.iloc[rows])
        if isinstance(found, np.ndarray):
            return found
        maps = [*found]
        shapes = sorted({one.shape for one in maps})
        if len(shapes) > 1:
            raise DataError(
                f"maps are of several shapes: {', '.join(map(str, shapes))}",
                where=self._maps.name,
                do="bring them to one (loaders.prepare_maps)",
            )
        return np.stack(maps)


class Order(Sampler):
    """Item numbers, a batch at a time and all about equally long; shuffled anew each epoch, or in order."""

    def __init__(self, count: int, *, batch_size: int, shuffle_seed: int | None = None) -> None:
        # No batch of a single item: batch normalisation cannot use it.
        self._count, self._batches = count, max(1, min(round(count / batch_size), count // 2))
        self._seed, self._epoch = shuffle_seed, 0

    def set_epoch(self, epoch: int) -> None:
        """Tell which epoch comes; its order depends on nothing else, also after a resumed run."""
        self._epoch = epoch

    def __len__(self) -> int:
        return self._batches

    def __iter__(self) -> Iterator[NDArray[np.int64]]:
        order = np.arange(self._count)
        if self._seed is not None:
            np.random.default_rng([self._seed, self._epoch]).shuffle(order)
        yield from np.array_split(order, self._batches)


def batches(
    data: Batches, *, batch_size: int, shuffle_seed: int | None = None, workers: int = 0
) -> DataLoader:
    """Load batches of about `batch_size`; the sampler decides, torch's own batching is off."""
    order = Order(len(data), batch_size=batch_size, shuffle_seed=shuffle_seed)
    return DataLoader(
        data,
        sampler=order,
        batch_size=None,
        generator=torch.Generator(),  # or each epoch would draw from the caller's
        num_workers=workers,
        pin_memory=torch.cuda.is_available(),
        persistent_workers=workers > 0,
    )
