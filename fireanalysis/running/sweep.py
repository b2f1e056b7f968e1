"""Runs a notebook once for each combination of parameters, and reads the records back into one table."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import combinations, product
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from fireanalysis.errors import ParameterError, RunError

from .files import plain, read_json
from .notebooks import choose_notebooks, find_notebooks
from .runner import run_notebooks

if TYPE_CHECKING:
    import pandas as pd


def every_combination(grid: Mapping[str, Iterable[Any]]) -> list[dict[str, Any]]:
    """List all combinations of a grid's values, the last name's value changing fastest.

    Examples
    --------
    >>> every_combination({"KERNEL": [3, 5], "SEED": [0, 1]})[1]
    {'KERNEL': 3, 'SEED': 1}
    """
    return [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]


def balanced_part(chosen_from: Sequence[Mapping[str, Any]], count: int, *, seed: int) -> list[dict[str, Any]]:
    """Choose combinations in which each value, and each pair of values, comes about equally often.

    A part so chosen tells main effects apart (`fireanalysis.metrics.main_effects`) at a share of the cost. One after
    the other is chosen whose values, two by two and then alone, were chosen least so far; a larger part begins with
    the smaller one.

    Parameters
    ----------
    chosen_from : sequence of mapping
        All combinations, with the same names: `every_combination`.
    count : int
        How many; all of them, in this order, if there are no more.
    seed : int
        Of the order among equals.

    Examples
    --------
    >>> half = balanced_part(every_combination({"A": [0, 1], "B": [0, 1]}), 2, seed=0)
    >>> sorted(one["A"] for one in half), sorted(one["B"] for one in half)
    ([0, 1], [0, 1])
    """
    order = np.random.default_rng(seed).permutation(len(chosen_from))
    left = [dict(chosen_from[place]) for place in order]
    pairs: Counter[Any] = Counter()
    singles: Counter[Any] = Counter()
    part: list[dict[str, Any]] = []
    while left and len(part) < count:
        said = [[(name, str(value)) for name, value in one.items()] for one in left]
        used = [
            (sum(pairs[pair] ** 2 for pair in combinations(values, 2)), sum(singles[v] for v in values))
            for values in said
        ]
        best = min(range(len(left)), key=used.__getitem__)
        pairs.update(combinations(said[best], 2))
        singles.update(said[best])
        part.append(left.pop(best))
    return part


def sweep(
    notebook: str,
    chosen: Sequence[Mapping[str, Any]],
    *,
    out: str | Path,
    profile: str = "quick",
    data: str | Path | None = None,
    store: str | Path | None = None,
    notebooks: Path | None = None,
    timeout_s: int | None = None,
    stream: IO[str] | None = None,
) -> "pd.DataFrame":
    """Run a notebook once for each combination of parameters; combinations that are done already are not run again.

    Each has a run folder of its own, named by a hash of what decides it: `run_notebooks` with papermill, in a fresh
    kernel. It can be called within a notebook, too.

    Parameters
    ----------
    notebook : str
        Full name or number.
    chosen : sequence of mapping
        Values for the notebook's own parameters and SEED: `every_combination`, or a `balanced_part` of it.
    out : path
        Folder of the run folders.
    profile, data, notebooks, timeout_s, stream
        See `run_notebooks`.
    store : path, optional
        Store of prepared data and models that all share, as far as the system can link folders; else each has its own.

    Returns
    -------
    DataFrame
        One row a combination, in the order given: its parameters, the metrics of its record, "seconds" of the whole
        run, "folder".

    Raises
    ------
    ParameterError
        If there is no combination, or as `run_notebooks`.
    RunError
        If a run failed, when all others are done; run it again to go on.
    """
    import pandas as pd

    if not chosen:
        raise ParameterError(
            "there is no combination", where="sweep", do="pass one set of parameters or more"
        )
    (member,) = choose_notebooks([notebook], find_notebooks(notebooks))
    rows, failures = [], []
    for one in chosen:
        values = {name: plain(value, name=name) for name, value in one.items()}
        decides = [member.name, profile, None if data is None else str(Path(data).absolute()), values]
        name = hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()[:12]
        folder = Path(out).absolute() / name
        if store is not None:
            _link(folder / "store", Path(store).absolute())
        summary = run_notebooks(
            [member.name],
            profile=profile,
            parameters=values,
            data=data,
            out=folder,
            resume=True,
            notebooks=notebooks,
            timeout_s=timeout_s,
            stream=stream,
        )
        failures += summary.failures
        if summary.stopped:
            raise RunError("stopped", where=folder, do="run it again: what is done is kept")
        if summary.passed:
            record = read_json(folder / "records" / f"{member.name}.json")
            about = {"seconds": summary.notebooks[member.name]["seconds"], "folder": str(folder)}
            rows.append({**values, **record["metrics"], **about})
    if failures:
        what = f"{len(failures)} of {len(chosen)} combinations failed; the first: {failures[0].what}"
        raise RunError(what, where=failures[0].where, do=failures[0].do)
    return pd.DataFrame(rows)


def _link(link: Path, store: Path) -> None:
    store.mkdir(parents=True, exist_ok=True)
    link.parent.mkdir(parents=True, exist_ok=True)
    with suppress(OSError):  # it is there, or the system knows no links: then it is an own store
        link.symlink_to(store, target_is_directory=True)
