"""Simulated fired primers: a table of cartridge cases by brand, and their height maps.

`sample_cartridges` decides who fired what; a row of its table determines a surface completely, and
`render_primers` looks at that surface with any grid of pixels. Ranges and sources of all numbers are in
`parameter_table`.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from fireanalysis.errors import DataError, ParameterError

from .cartridge_brands import (
    BRANDS,
    LOOK_ALIKES,
    ammunition_makes,
    brand_index,
    calibers,
    catalogue,
    sub_models,
)
from .cartridge_geometry import Geometry, Grid, Rows, geometry, prepare
from .cartridge_parameters import CALIBERS, fixed, primer_field_mm
from .cartridge_surface import heights
from .hashing import seeds, uniform

REGION_NAMES = {
    0: "none",
    1: "breech-face marks",
    2: "firing-pin impression",
    3: "aperture and flow-back",
    4: "drag and shear",
}
"""What the numbers of `primer_regions` mean."""

# What a row's surface depends on.
_COLUMNS = (
    "true_brand",
    "sub_model",
    "caliber",
    "ammunition",
    "seed",
    "firearm_seed",
    "catalogue_seed",
    "difficulty",
)

# So many pixels at a time stay in a processor's cache, or fill a GPU.
_CPU_PIXELS, _GPU_PIXELS = 300_000, 2**23


def sample_cartridges(
    n: int,
    *,
    seed: int = 0,
    brands: int | Sequence[str] | None = None,
    balanced: bool = False,
    shots_per_firearm: int = 2,
    wrong_label_fraction: float = 0.02,
    difficulty: float = 1.0,
    catalogue_seed: int = 0,
) -> pd.DataFrame:
    """Draw cartridge cases as they would come in: common brands often, rare ones seldom.

    The first rows do not depend on how many are drawn, and a firearm's cases are spread over the table.

    Parameters
    ----------
    n : int
        Number of cartridge cases.
    seed : int
        Which cases; other seeds give other firearms of the same brands.
    brands : int, str or list of str, optional
        All 89 (None), the so many most populous, or those named.
    balanced : bool
        Every brand equally often instead of by its share.
    shots_per_firearm : int
        Cases of one firearm before the next one of that brand begins.
    wrong_label_fraction : float
        Share of firearms registered under a wrong brand, seven in ten of them under a look-alike's where the
        brand has one (assumed); ``true_brand`` keeps the truth.
    difficulty : float
        Factor on how much sub-models, firearms and shots of a brand differ, against the differences between
        brands. 0: a brand always leaves the same geometry, with other random marks. 1 was held against one
        figure of the paper, the 86.8 % of ResNet-18 on ShapeIndex_S in Table 1 (docs/results/difficulty.json:
        a learning curve carried on to the paper's number of cases); the other figures are predictions.
    catalogue_seed : int
        Which market, see `brand_catalogue`.

    Returns
    -------
    DataFrame
        One row a case: brand (as registered), true_brand, sub_model, firearm (the group), shot, caliber,
        ammunition, seed, firearm_seed, catalogue_seed, difficulty.

    Raises
    ------
    ParameterError
        A number out of range or an unknown brand.

    Examples
    --------
    >>> table = sample_cartridges(1000, seed=1, brands=21)
    >>> len(table), table["brand"].nunique() <= 21, bool((table["brand"] != table["true_brand"]).any())
    (1000, True, True)
    """
    _at_least("n", n, 1)
    _at_least("shots_per_firearm", shots_per_firearm, 1)
    _at_least("difficulty", difficulty, 0)
    if not 0 <= wrong_label_fraction <= 1:
        raise ParameterError(
            f"wrong_label_fraction is {wrong_label_fraction}; allowed is 0 to 1",
            where="sample_cartridges",
            do="pass a share, for example wrong_label_fraction=0.02",
        )
    chosen = _chosen(brands)
    shares = np.ones(len(chosen)) if balanced else catalogue(catalogue_seed)["share"].to_numpy()[chosen]
    index = np.arange(n)
    brand = chosen[_pick(uniform(seed, "brand", index), shares)]
    count = pd.Series(brand).groupby(brand).cumcount().to_numpy()
    number, shot = count // shots_per_firearm, count % shots_per_firearm
    firearm_seed = seeds(seed, "firearm", brand, number)
    shot_seed = seeds(seed, "case", index)
    model = sub_models(catalogue_seed, brand, firearm_seed)
    wrong = uniform(firearm_seed, "wrong label") < wrong_label_fraction
    label = np.where(wrong, _mistaken(brand, firearm_seed, chosen, shares), brand)
    names = np.array(BRANDS)
    return pd.DataFrame(
        {
            "brand": names[label],
            "true_brand": names[brand],
            "sub_model": model,
            "firearm": [f"{value:016x}" for value in firearm_seed.tolist()],
            "shot": shot,
            "caliber": calibers(catalogue_seed, brand, model),
            "ammunition": ammunition_makes(catalogue_seed, firearm_seed, shot_seed),
            "seed": shot_seed,
            "firearm_seed": firearm_seed,
            "catalogue_seed": catalogue_seed,
            "difficulty": float(difficulty),
        }
    )


def render_primers(
    table: pd.DataFrame,
    *,
    pixels: int = 184,
    field_mm: float | None = None,
    device: str = "cpu",
    aligned: bool = False,
) -> NDArray[np.float32]:
    """Height maps of the primers of a table, centred on the primer.

    Parameters
    ----------
    table : DataFrame
        Rows of `sample_cartridges`, any of them in any order: a row gives the same map whatever the others.
    pixels : int
        Rows and columns; 736 is the paper's crop, 184 a quarter of it. Another number looks at the same
        surface: four by four pixels of 736 average to one of 184, up to details too fine for 184.
    field_mm : float, optional
        Edge of the square; 4.4528 mm if left out, the crop of the paper at an assumed 6.05 µm a pixel.
    device : str
        Where torch computes: "cpu", "cuda", ...
    aligned : bool
        Turn every map so that the firearm's axes lie along the picture's; False gives random orientations.

    Returns
    -------
    ndarray, float32 (n, pixels, pixels)
        Micrometres above the case head, NaN where the scan has no value.

    Raises
    ------
    ParameterError
        Fewer than 16 pixels, a field outside 1 to 13 mm, or a device that torch does not have.
    DataError
        The table lacks a column.

    Examples
    --------
    >>> maps = render_primers(sample_cartridges(3, seed=0), pixels=64)
    >>> maps.shape, maps.dtype
    ((3, 64, 64), dtype('float32'))
    """
    grid = checked_grid(pixels, field_mm)
    maps = np.empty((len(table), pixels, pixels), np.float32)
    return _filled(maps, lambda rows: heights(rows, grid), table, device, aligned)


def primer_regions(
    table: pd.DataFrame,
    *,
    pixels: int = 184,
    field_mm: float | None = None,
    device: str = "cpu",
    aligned: bool = False,
) -> NDArray[np.uint8]:
    """Which mark each pixel of `render_primers` belongs to; the numbers are named in `REGION_NAMES`.

    Parameters
    ----------
    table, pixels, field_mm, device, aligned
        As in `render_primers`.

    Returns
    -------
    ndarray, uint8 (n, pixels, pixels)

    Examples
    --------
    >>> regions = primer_regions(sample_cartridges(1, seed=0), pixels=64)
    >>> int(regions[0, 0, 0])  # the corner is case head
    0
    """
    grid = checked_grid(pixels, field_mm)
    regions = np.empty((len(table), pixels, pixels), np.uint8)
    return _filled(regions, lambda rows: _regions(rows, geometry(rows, grid)), table, device, aligned)


def brand_marks(
    table: pd.DataFrame,
    *,
    pixels: int = 184,
    field_mm: float | None = None,
    device: str = "cpu",
    aligned: bool = False,
) -> NDArray[np.bool_]:
    """Where the firearm shaped the surface, so that it can tell the brand.

    That is the firing-pin impression, aperture, drag and shear, and the breech-face marks where contact was
    at least half; not the bare cup nor the case head.

    Parameters
    ----------
    table, pixels, field_mm, device, aligned
        As in `render_primers`.

    Returns
    -------
    ndarray, bool (n, pixels, pixels)

    Examples
    --------
    >>> bool(brand_marks(sample_cartridges(1, seed=0), pixels=64)[0, 0, 0])
    False
    """
    grid = checked_grid(pixels, field_mm)

    def made(rows: Rows) -> torch.Tensor:
        place = geometry(rows, grid)
        regions = _regions(rows, place)
        return (regions > 1) | ((regions == 1) & (place.contact >= 0.5))

    return _filled(np.empty((len(table), pixels, pixels), np.bool_), made, table, device, aligned)


def _filled(
    out: NDArray, look: Callable[[Rows], torch.Tensor], table: pd.DataFrame, device: str, aligned: bool
) -> NDArray:
    """Fill `out` with what `look` sees on the rows of a table, a few rows at a time."""
    for start, rows in _chunks(table, out.shape[1], device, aligned):
        out[start : start + len(rows)] = look(rows).cpu().numpy()
    return out


def _regions(rows: Rows, place: Geometry) -> torch.Tensor:
    face = place.radius < rows["primer_radius"] - 0.5 * rows["cup_edge"]
    crest = 1 + rows["aperture_edge"] / rows["aperture_radius"]
    regions = face.to(torch.uint8)
    regions[face & (place.aperture < crest)] = 3
    regions[face & ((place.shear > 0.1) | (place.drag > 0.1))] = 4
    regions[place.pin < 1] = 2
    return regions


def _chunks(table: pd.DataFrame, pixels: int, device: str, aligned: bool) -> Iterator[tuple[int, Rows]]:
    rows = checked_rows(table, device, aligned=aligned)
    limit = _CPU_PIXELS if rows.device.type == "cpu" else _GPU_PIXELS
    step = max(1, limit // pixels**2)
    for start in range(0, len(table), step):
        yield start, rows.part(start, start + step)


def checked_rows(table: pd.DataFrame, device: str, *, aligned: bool = False) -> Rows:
    """Parameters of a table's rows, after looking whether the table has what it takes."""
    absent = [name for name in _COLUMNS if name not in table.columns]
    if absent:
        raise DataError(
            f"the table has no column {', '.join(absent)}",
            where="table of cartridge cases",
            do="pass rows of sample_cartridges with all their columns",
        )
    unknown = sorted(set(table["true_brand"]) - set(BRANDS)) or sorted(set(table["caliber"]) - set(CALIBERS))
    if unknown:
        raise DataError(
            f"the table has unknown entries {unknown}",
            where="columns true_brand and caliber",
            do="pass rows of sample_cartridges unchanged",
        )
    return prepare(table, device=_device(device), aligned=aligned)


def checked_grid(pixels: int, field_mm: float | None, *, least: int = 16) -> Grid:
    """Pixels round the primer, after looking whether their number and field are possible."""
    field = primer_field_mm() if field_mm is None else field_mm
    _at_least("pixels", pixels, least)
    if not 1 <= field <= 13:
        raise ParameterError(
            f"field_mm is {field}; allowed is 1 to 13 mm",
            where="rendering cartridge cases",
            do="leave it out for the paper's scale",
        )
    return Grid.centred(pixels, field)


def _device(device: str) -> torch.device:
    try:
        return torch.empty(0, device=device).device
    except (RuntimeError, AssertionError) as error:
        raise ParameterError(
            f"device {device!r} cannot be used: {str(error).splitlines()[0]}",
            where="render_primers",
            do='pass device="cpu", or "cuda" on a machine with a GPU',
        ) from error


def _at_least(name: str, value: float, least: float) -> None:
    if not value >= least:
        what = f"{name} is {value}; it must be at least {least}"
        raise ParameterError(what, where="cartridge simulator", do=f"pass {name}={least} or more")


def _chosen(brands: int | Sequence[str] | None) -> NDArray[np.int64]:
    """Catalogue rows of the brands asked for."""
    order = np.argsort(-catalogue(0)["cases"].to_numpy(), kind="stable")
    if brands is None:
        return np.arange(len(BRANDS))
    if isinstance(brands, (int, np.integer)):
        if not 1 <= brands <= len(BRANDS):
            raise ParameterError(
                f"brands is {brands}; allowed is 1 to {len(BRANDS)}",
                where="sample_cartridges",
                do="pass how many of the most populous brands to use, or their names",
            )
        return np.sort(order[:brands])
    brands = [brands] if isinstance(brands, str) else brands
    chosen = brand_index(pd.Series(list(brands), dtype=object))
    unknown = [name for name, row in zip(brands, chosen, strict=True) if row < 0]
    if unknown or not len(chosen):
        raise ParameterError(
            f"unknown brands {unknown}" if unknown else "brands is empty",
            where="sample_cartridges",
            do=f"choose from {', '.join(BRANDS[:21])}, R01 to R68",
        )
    return np.unique(chosen)


def _pick(draws: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.searchsorted(np.cumsum(weights / weights.sum())[:-1], draws, side="right")


def _mistaken(
    brand: NDArray[np.int64],
    firearm_seed: NDArray[np.int64],
    chosen: NDArray[np.int64],
    shares: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Choose the brand each firearm is registered under by mistake: another one, if there is any."""
    if len(chosen) == 1:
        return brand
    # Drawing among the others: shift the draw past the own brand's part of the cumulative shares.
    own = np.searchsorted(chosen, brand)
    limits = np.concatenate([[0], np.cumsum(shares / shares.sum())])
    width = limits[own + 1] - limits[own]
    draw = uniform(firearm_seed, "mistaken for") * (1 - width)
    draw += np.where(draw >= limits[own], width, 0)
    other = np.clip(np.searchsorted(limits[1:-1], draw, side="right"), 0, len(chosen) - 1)
    other = np.where(other == own, (own + 1) % len(chosen), other)
    mistaken = chosen[other]
    usual = _partner(brand, firearm_seed)
    likely = uniform(firearm_seed, "mistaken how") < fixed("mistaken_look_alike")
    return np.where(likely & np.isin(usual, chosen), usual, mistaken)


def _partner(brand: NDArray[np.int64], firearm_seed: NDArray[np.int64]) -> NDArray[np.int64]:
    """One of the look-alikes of each brand, -1 for brands without."""
    pairs = [(BRANDS.index(name), BRANDS.index(other.brand)) for name, other in LOOK_ALIKES.items()]
    partner = np.full(len(brand), -1)
    for row in {row for pair in pairs for row in pair}:
        others = np.array([b if a == row else a for a, b in pairs if row in (a, b)])
        own = brand == row
        partner[own] = others[(uniform(firearm_seed[own], "partner") * len(others)).astype(int)]
    return partner
