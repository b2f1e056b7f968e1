"""The catalogue of simulated firearm models: fine-grained classes with invented neutral names."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import pandas as pd

from fireanalysis.errors import ParameterError

from .firearm_parameters import FORMS, TYPE_SHARES, draw, ranges
from .hashing import seeds, uniform

# Lengths that show in every model that has them: one of them tells a look-alike from its parent.
_ALWAYS_SEEN = ("barrel", "barrel_height", "receiver", "cylinder", "cylinder_diameter")
# What catalogues vary beside them.
_OFTEN = ("front_sight", "rear_sight", "rib", "grip_panel", "scope", "magazine", "muzzle")

NAMED = ("model", "type", "form", "look_alike_of")


def firearm_catalogue(models: int = 167, *, seed: int = 0) -> pd.DataFrame:
    """Draw models of firearms, one row each; about a third are look-alikes of an earlier one.

    Parameters
    ----------
    models : int
        How many; a smaller request gives the first rows of a bigger one.
    seed : int
        Which models.

    Returns
    -------
    DataFrame
        One row a model: model (invented, such as "pistol 03"), type, form, look_alike_of (a model, or empty), and
        the shape: lengths in millimetres, angles in degrees and shares as `firearm_parameter_table` explains them;
        NaN where a form has no such part.

    Raises
    ------
    ParameterError
        Fewer than one model.

    Examples
    --------
    >>> firearm_catalogue(4)["model"].tolist()
    ['pistol 01', 'revolver 01', 'rifle 01', 'shotgun 01']
    """
    if models < 1:
        what = f"models is {models}; it must be at least 1"
        raise ParameterError(what, where="firearm_catalogue", do="pass models=167, or any number from 1")
    rows: list[dict[str, object]] = []
    counts = dict.fromkeys(TYPE_SHARES, 0)
    for number in range(models):
        # The type that is furthest behind its share: the first rows hold every type.
        kind = (
            max(TYPE_SHARES, key=lambda name: TYPE_SHARES[name] * (number + 1) - counts[name])
            if number > 4
            else list(TYPE_SHARES)[number]
        )
        counts[kind] += 1
        own = int(seeds(seed, "firearm model", number))
        earlier = [row for row in rows if row["type"] == kind and not row["look_alike_of"]]
        share = ranges("model")["look_alike_share"][0]
        if len(earlier) > 2 and uniform(own, "look-alike") < share:
            row = _look_alike(earlier[int(uniform(own, "parent") * len(earlier))], own)
        else:
            row = _original(kind, own)
        rows.append({**row, "model": f"{kind} {counts[kind]:02d}", "type": kind})
    return pd.DataFrame(rows, columns=[*NAMED, *shape_names()])


@lru_cache(maxsize=1)
def shape_names() -> tuple[str, ...]:
    """Names of all shape parameters, in the order of the table of parameters."""
    names = [name for forms in FORMS.values() for form in forms for name in ranges(form)]
    return tuple(dict.fromkeys(names))


def _original(kind: str, seed: int) -> dict[str, object]:
    ends = np.cumsum(list(FORMS[kind].values()))
    form = list(FORMS[kind])[int(np.searchsorted(ends, uniform(seed, "form") * ends[-1]))]
    shape = {name: round(draw(form, name, seed), 3) for name in ranges(form)}
    return {"form": form, "look_alike_of": "", **shape}


def _look_alike(parent: dict[str, object], seed: int) -> dict[str, object]:
    """Change one to three parameters a little, within their ranges."""
    form = str(parent["form"])
    names = [name for name, (low, high) in ranges(form).items() if high > low]
    first, last = ranges("model")["look_alike_changes"]
    count = int(first + uniform(seed, "changes") * (last - first + 1))
    order = [names[i] for i in np.argsort(uniform(seed, "which", np.arange(len(names))))]
    seen = [name for name in order if name in _ALWAYS_SEEN][:1]
    often = [name for name in order if name in _OFTEN] if uniform(seed, "often") < 0.6 else order
    changed = {}
    for name in list(dict.fromkeys(seen + often))[:count]:
        low, high = ranges(form)[name]
        step = draw("model", "look_alike_step", int(seeds(seed, name))) * (high - low)
        now = float(str(parent[name]))
        up = now + step <= high and (uniform(seed, "sign", name) < 0.5 or now - step < low)
        changed[name] = round(float(np.clip(now + step if up else now - step, low, high)), 3)
    return {**parent, **changed, "look_alike_of": parent["model"]}


def chosen_models(
    models: int | str | Sequence[str] | None, catalogue: pd.DataFrame, *, least: int, where: str
) -> pd.DataFrame:
    """Rows of a catalogue: the first so many (`least` where None), or those named."""
    if models is None:
        return catalogue[:least]
    if isinstance(models, int):
        if not 1 <= models <= len(catalogue):
            what = f"models is {models}; allowed is 1 to {len(catalogue)}"
            raise ParameterError(what, where=where, do="pass a number in that range, or names")
        return catalogue[:models]
    names = [models] if isinstance(models, str) else list(models)
    unknown = sorted(set(names) - set(catalogue["model"]))
    if unknown or not names:
        what = f"models has {unknown}" if unknown else "models is empty"
        what += f"; known are {', '.join(catalogue['model'][:4])} … of {len(catalogue)}"
        raise ParameterError(what, where=where, do="pass names of the catalogue's column model")
    return catalogue[catalogue["model"].isin(names)]
