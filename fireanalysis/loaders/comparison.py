"""Surfaces to be compared with each other: firearms with several cases, and their maps."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from fireanalysis.errors import DataError
from fireanalysis.transforms import comparison_map
from fireanalysis.transforms.arrays import whole

from .dataset import DataSet
from .surface import Surface

Sample = TypeVar("Sample")
BREECH_FACE = 1  # of `fireanalysis.simulators.REGION_NAMES`


def with_repeats(data: DataSet[Sample], *, groups: int, samples: int = 2) -> DataSet[Sample]:
    """Keep the first groups that have several samples, and so many samples of each: something to compare.

    Parameters
    ----------
    data : DataSet
    groups : int
        At most so many; fewer if there are not more.
    samples : int
        Samples a group, its first ones; groups with fewer are left out.

    Returns
    -------
    DataSet
        Rows in the order of `data`.

    Raises
    ------
    DataError
        If fewer than two groups have as many samples: then there is nothing to tell apart.
    ParameterError
        If a number is out of range.

    Examples
    --------
    >>> from fireanalysis.loaders import load_cartridges
    >>> data = load_cartridges(cases=40, brands=2, seed=0)
    >>> with_repeats(data, groups=3)
    DataSet 'simulated cartridges' (simulated): 6 samples, 2 brand, 3 firearm
    """
    where = "with_repeats"
    groups = whole(groups, name="groups", where=where, least=2, most=2**31)
    samples = whole(samples, name="samples", where=where, least=2, most=2**31)
    names = data.table[data.group]
    enough = names.map(names.value_counts()) >= samples
    chosen = names[enough].drop_duplicates().head(groups)
    if len(chosen) < 2:
        raise DataError(
            f"{len(chosen)} {data.group} has {samples} samples or more",
            where=data.name,
            do=f"add samples, or name each file's {data.group} in a manifest.csv",
        )
    number = names.groupby(names).cumcount()
    return data.subset((names.isin(chosen) & (number < samples)).to_numpy())


def comparison_maps(data: DataSet[Surface], *, to_um: float = 25.0) -> list[NDArray[np.float32]]:
    """Prepare every surface of a set for comparison (`fireanalysis.transforms.comparison_map`).

    Of simulated primers only the breech face is kept, as it was cut out by hand of the public scans. Real scans
    are taken as they are: what the breech face did not touch should be missing in them.

    Parameters
    ----------
    data : DataSet of Surface
        From `load_cartridges`.
    to_um : float
        Pixel size of the maps.

    Returns
    -------
    list of float32 (pixels, pixels)
        In the order of the rows; sizes differ.

    Raises
    ------
    DataError
        If a surface cannot be read or has hardly a measured point; its name is given.
    ParameterError
        If a scan's pixels are larger than `to_um`.
    """
    maps = []
    for row, surface in enumerate(data.samples()):
        heights = surface.heights_um
        if data.source == "simulated":
            from fireanalysis.simulators import primer_regions  # imports torch, which real data do not need

            regions = primer_regions(data.table.iloc[[row]], pixels=len(heights))[0]
            heights = np.where(regions == BREECH_FACE, heights, np.nan)
        try:
            maps.append(comparison_map(heights, pixel_size_um=surface.pixel_size_um, to_um=to_um))
        except DataError as error:
            raise DataError(error.what, where=surface.name, do="leave this surface out") from error
    return maps
