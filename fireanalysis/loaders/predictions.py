"""What a classifier says of samples it did not learn from: the tables that calibration and coverage are measured on."""

from __future__ import annotations

import os
import warnings
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import softmax

from fireanalysis.errors import DataError

from .layout import data_folder, some

PARTS = ("calibration", "test")
_COLUMNS = ("part", "group", "truth")
_LEAST_P = 1e-12  # a probability of 0 is taken for this one, so that its logarithm is finite
_DO = (
    f"save a CSV a classifier: columns {', '.join(_COLUMNS)}, then 'logit <class>' or 'p <class>' for each class; "
    "part is calibration or test"
)


@dataclass(frozen=True, eq=False, repr=False)
class Predictions:
    """A classifier's answers, one row a sample that it did not learn from.

    Attributes
    ----------
    table : DataFrame
        part ("calibration": what temperatures, thresholds and quantiles are set on; "test": what they are judged by),
        group, truth (label), and whatever else is known of a sample.
    logits : float64 (n, k)
        What goes into the softmax; finite.
    classes : ndarray of str (k,)
    name : str
        What is told apart, such as "cartridge brand".
    group_name : str
        What a group is: firearm, session, scene. No group is in both parts.
    source : {"simulated", "real"}
    weights : str
        What the classifier's network began from; empty where nothing is known.
    notes : tuple of str
        What a reader of the results should know.

    Raises
    ------
    DataError
        If lengths differ, something is missing or not finite, or a group is in both parts.
    """

    table: pd.DataFrame
    logits: NDArray[np.float64]
    classes: NDArray[np.str_]
    name: str
    group_name: str
    source: Literal["simulated", "real"]
    weights: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        shape = (len(self.table), len(self.classes))
        if self.logits.shape != shape or not all(shape):
            what = f"logits of shape {self.logits.shape} for {shape[0]} samples and {shape[1]} classes"
            raise DataError(what, where=self.name, do="give one logit a sample and class")
        if not np.isfinite(self.logits).all():
            what = f"{(~np.isfinite(self.logits)).sum()} logits are not finite"
            raise DataError(what, where=self.name, do="leave such samples out, or find out why they are")
        missing = [name for name in _COLUMNS if name not in self.table or self.table[name].isna().any()]
        wrong = sorted({*self.table["part"]} - {*PARTS}) if not missing else []
        if missing or wrong:
            what = f"no {', '.join(missing)} in some rows" if missing else f"part is {some(map(repr, wrong))}"
            raise DataError(what, where=self.name, do=_DO)
        by_part = self.table.groupby("part")["group"].unique()
        if len(by_part) == 2 and (both := sorted({*by_part.iloc[0]} & {*by_part.iloc[1]}, key=str)):
            what = f"{len(both)} groups are in both parts: {some(both)}"
            raise DataError(
                what, where=self.name, do="put all samples of a group into one part: else it leaks"
            )

    def __repr__(self) -> str:
        sizes = ", ".join(f"{(self.parts == part).sum()} {part}" for part in PARTS)
        groups = f"{self.table['group'].nunique()} of {self.group_name!r}"
        return f"Predictions {self.name!r} ({self.source}): {sizes}, {len(self.classes)} classes, {groups}"

    def __len__(self) -> int:
        return len(self.table)

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """Softmax of the logits (n, k)."""
        return softmax(self.logits, axis=1)

    @property
    def truth(self) -> NDArray[np.int64]:
        """Code of the true class (n,); −1: a class that the classifier does not know."""
        return pd.Index(self.classes).get_indexer(pd.Index(self.table["truth"].astype(str))).astype(np.int64)

    @property
    def groups(self) -> NDArray[np.str_]:
        """Group of every row (n,)."""
        return self.table["group"].to_numpy(str)

    @property
    def parts(self) -> NDArray[np.str_]:
        """Part of every row (n,)."""
        return self.table["part"].to_numpy(str)

    def of(self, part: str) -> Predictions:
        """Take one part, "calibration" or "test".

        Raises
        ------
        DataError
            If no sample is of it.
        """
        return self.subset(self.parts == part, what=f"the part {part!r}")

    def subset(self, rows: ArrayLike, *, what: str = "the choice") -> Predictions:
        """Take some rows, by number or by a bool each.

        Raises
        ------
        DataError
            If there are none.
        """
        chosen = np.arange(len(self))[np.asarray(rows)]
        if not chosen.size:
            found = ", ".join(f"{(self.parts == part).sum()} {part}" for part in PARTS)
            raise DataError(f"{what} has no sample; there are {found}", where=self.name, do=_DO)
        table = self.table.iloc[chosen].reset_index(drop=True)
        return replace(self, table=table, logits=self.logits[chosen])

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the table that `load_predictions` reads, source included; an old file is replaced whole or not at all.

        Raises
        ------
        DataError
            If it cannot be written.
        """
        path = Path(path)
        columns = [f"logit {name}" for name in self.classes]
        about = self.table.reset_index(drop=True).assign(source=self.source)
        table = pd.concat([about, pd.DataFrame(self.logits, columns=columns)], axis=1)
        beside = path.with_name(f".{path.name}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            table.to_csv(beside, index=False)
            beside.replace(path)
        except OSError as error:
            with suppress(OSError):
                beside.unlink()
            do = "choose a folder that can be written, with room for it"
            raise DataError(f"it cannot be written: {error}", where=path, do=do) from error
        return path


def load_predictions(folder: str | os.PathLike[str]) -> dict[str, Predictions]:
    """Read a folder of one's own classifiers' answers, a CSV each.

    Parameters
    ----------
    folder : path
        Each file has the columns part ("calibration" or "test"), group (firearm, session, ...), truth (label), then
        one column a class: "logit <class>" or "p <class>" (probabilities that add up to 1; 0 is taken for 1e-12).
        A truth that is none of the classes is one that the classifier does not know. Other columns are kept; where
        one is called source and says "simulated" in every row, so are the answers, else they are real.

    Returns
    -------
    dict of str to Predictions
        By file name without ".csv", which also is their name.

    Raises
    ------
    DataError
        For a missing folder, one without CSV files, or a file that is not like this; says which and why.
    """
    root = data_folder(folder)
    files = sorted(root.glob("*.csv"))
    if not files:
        raise DataError("no CSV file", where=root, do=_DO)
    return {file.stem: _read(file) for file in files}


def _read(file: Path) -> Predictions:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # lines longer than the header
            table = pd.read_csv(
                file, encoding="utf-8-sig", index_col=False, dtype=dict.fromkeys(_COLUMNS, str)
            )
    except (OSError, ValueError, pd.errors.ParserWarning) as error:
        raise DataError(f"it cannot be read: {error}", where=file, do=_DO) from error
    scored = {
        kind: [name for name in map(str, table) if name.startswith(f"{kind} ")] for kind in ("logit", "p")
    }
    kinds = [kind for kind, names in scored.items() if names]
    missing = [name for name in _COLUMNS if name not in table]
    if missing or len(kinds) != 1 or table.empty:
        told = (
            f"no column {', '.join(missing)}"
            if missing
            else f"columns of {' and '.join(kinds) or 'no class'}"
        )
        what = "no rows" if table.empty else f"{told}; there are {some(table.columns)}"
        raise DataError(what, where=file, do=_DO)
    (kind,) = kinds
    simulated = "source" in table and (table["source"] == "simulated").all()
    try:
        values = table[scored[kind]].to_numpy(float)
    except ValueError as error:
        raise DataError(f"a {kind} is no number: {error}", where=file, do=_DO) from error
    if kind == "p":
        wrong = ~((values >= 0).all(1) & (np.abs(values.sum(1) - 1) < 1e-3))
        if wrong.any():
            what = f"in {wrong.sum()} rows p is negative or does not add up to 1 (row {np.argmax(wrong) + 1})"
            raise DataError(what, where=file, do="give probabilities of all classes, or logits")
        values = np.log(np.maximum(values, _LEAST_P))
    return Predictions(
        table.drop(columns=scored[kind]),
        values,
        np.array([name.removeprefix(f"{kind} ") for name in scored[kind]]),
        name=file.stem,
        group_name="group",
        source="simulated" if simulated else "real",
    )
