"""The 32 firearms of the gunshot simulator: what the sound of each depends on, and where the numbers are from."""

import zlib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np
import pandas as pd

from .gunshot_parameters import draw, fixed

CATEGORIES = ("machine gun", "pistol", "rifle", "shotgun", "submachine gun")


def model_catalogue() -> pd.DataFrame:
    """List the 32 firearm models with their physical numbers, the sources of these, and the counts of clips.

    Most velocities and lengths are values recalled from reference books, not looked up; ``source_of_v_barrel_rate``
    marks them R, those looked up L, and ``estimated_fields`` names the estimates. ``clips`` are of the full set of
    3,343; ``clips_source`` tells the three counts the paper prints from those chosen here.

    Returns
    -------
    DataFrame
        One row a model, categories in order.

    Examples
    --------
    >>> catalogue = model_catalogue()
    >>> len(catalogue), int(catalogue["clips"].sum())
    (32, 3343)
    >>> catalogue.groupby("category")["model"].size().tolist()
    [3, 13, 8, 4, 4]
    """
    return _table().copy()


@lru_cache(maxsize=1)
def _table() -> pd.DataFrame:
    with files(__package__).joinpath("gunshot_models.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file)


@dataclass(frozen=True)
class Firearm:
    """What the sound of a model depends on.

    Attributes
    ----------
    peak_pa : float
        Peak of the muzzle blast one metre to the side.
    duration_s : float
        Positive phase of the blast at one metre.
    momentum_index : float
        How much stronger the blast is to the front, see `fireanalysis.simulators.gunshot_source.directivity`.
    jet_hz, jet_s : float
        Middle frequency and decay time of the gas jet's noise.
    rates_rpm : (float, float, float), optional
        Least, nominal and greatest cyclic rate; None where it fires single shots only.
    cycle_s : float
        Time of the action's cycle; 0 for actions worked by hand.
    seed : int
        For what is drawn once a model: the ringing of its action.
    """

    model: str
    category: str
    action: str
    diameter_m: float
    length_m: float
    mass_kg: float
    speed_mps: float
    peak_pa: float
    duration_s: float
    momentum_index: float
    jet_hz: float
    jet_s: float
    rates_rpm: tuple[float, float, float] | None
    cycle_s: float
    seed: int


@lru_cache(maxsize=64)
def firearm(model: str) -> Firearm:
    """Look up a model and derive what the sound depends on.

    Source: momentum index 0.83 - 0.0063 M sqrt(γ pe / 2 p0) after Fansler as in pygunshot (equation 7), with the
    pressure at the muzzle taken from the energy (pygunshot takes the chamber's).
    """
    row = _table().set_index("model").loc[model].to_dict()
    seed = zlib.crc32(model.encode())
    diameter, barrel = row["bullet_diameter_mm"] / 1000, row["barrel_length_mm"] / 1000
    speed = float(row["muzzle_velocity_mps"])
    bore = np.pi / 4 * diameter**2 * barrel
    exit_pa = fixed("exit_pressure_share") * row["muzzle_energy_J_calc"] / bore
    index = 0.83 - 0.0063 * row["mach_20C"] * np.sqrt(1.25 * exit_pa / (2 * 101_325))
    rates = tuple(float(row[f"cyclic_rpm_{name}"]) for name in ("min", "nominal", "max"))
    automatic = bool(np.isfinite(row["cyclic_rpm_nominal"]))
    self_loading = "pump" not in row["action"] and "revolver" not in row["action"]
    cycle = 60 / row["cyclic_rpm_nominal"] if automatic else draw("action_cycle", "model", seed)
    return Firearm(
        model=model,
        category=str(row["category"]),
        action=str(row["action"]),
        diameter_m=diameter,
        length_m=row["bullet_length_mm"] / 1000,
        mass_kg=row["bullet_mass_g"] / 1000,
        speed_mps=speed,
        peak_pa=20e-6 * 10 ** (row["peak_spl_dB_1m_side"] / 20),
        duration_s=row["friedlander_tau_ms_estimate"] / 1000,
        momentum_index=float(np.clip(index, 0.5, 0.8)),
        jet_hz=fixed("jet_strouhal") * speed / diameter,
        jet_s=barrel / fixed("jet_speed"),
        rates_rpm=(rates[0], rates[1], rates[2]) if automatic else None,
        cycle_s=float(cycle) if self_loading else 0.0,
        seed=seed,
    )
