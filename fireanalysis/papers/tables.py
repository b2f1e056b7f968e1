"""Every number of the papers' tables, and a run's numbers beside them.

One CSV file a paper, one line a number, as printed (only thousands separators are dropped). A number is named
by its key (table, row, metric), in the paper's own words; brands are CBP, F01 … F19 and Handmade everywhere
(the cartridge paper's Tables 4 and 5 print HM):

cartridge
    "Table 1": row "ResNet-18, ShapeIndex_S" (model, configuration); metric "accuracy".
    "Table 2", "Table 3": row a brand; metric "train", "test", "precision", "recall", "f1". Row
    "ResNet Micro avg." and the other five averages; the last three metrics.
    "Table 4": row the true brand; metric "predicted as F08".
    "Table 5": row "F02–F08", two brands in alphabetical order; metric "distance" (−log10: larger is closer).
    "Table 6": row a brand; metric "mean", "median", "std", "max".
gunshot
    "Layers": row "Input Layer"; metric "channels", "frequency bins", "time frames". Row "Initial Conv Layer";
    metric "kernel", "stride". Row "Residual Blocks"; metric "conv layers per block".
    "Stage 2": row "Machine gun", "Pistol", …; metric "accuracy", "macro f1", "models".
    The paper numbers neither table, both names are ours; its Tables X, Y and 4.5 are not in the text.
segmentation
    "Table 1": row "Efficient Net transfer model" and its like; metric "training IoU", "testing IoU".
    Table 2 holds pictures, so no numbers.
retrieval
    "Table I": row "Labeler 0" … "Labeler 4"; metric "number".
    "Table II": row "Train set" … "Total"; metric "classes", "images", "queries", "database images".
    "Table III": row "VGG", "retr-s", "cls + retr-d", …; metric "mAP", "rank-1", "rank-2", "rank-4", "rank-8".
    "Table IV": row the method without its reference, "Ours (cls)"; metric "mAP, D=512" … "mAP, D=64".
all four
    "text": numbers the prose states; row the subject ("data set", "ResNet training"), metric what it is.

The unit says how a value is written: "%" runs to 100, "fraction" to 1, "1" is a plain number. NaN is a number
the paper leaves out (printed "-", or lost in its text). The note says where the paper is wrong or contradicts
itself; in table "text" it begins with the section.
"""

import difflib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import pandas as pd

from fireanalysis.errors import DataError, ParameterError

PAPERS = tuple(
    sorted(
        file.name.removesuffix(".csv") for file in files(__package__).iterdir() if file.name.endswith(".csv")
    )
)
KEY = ["table", "row", "metric"]
SOURCES = ("simulated", "real")


def paper_values(paper: str | None = None, *, table: str | None = None) -> pd.DataFrame:
    """Look up the numbers the papers print.

    Parameters
    ----------
    paper : str, optional
        One paper: "cartridge", "gunshot", "retrieval", "segmentation"; all by default.
    table : str, optional
        One table, such as "Table 2", or "text" for numbers from the prose; all by default.

    Returns
    -------
    pandas.DataFrame
        One row a number, in the order of the paper: paper, table, row, metric, value (float64, NaN where the
        paper gives none), unit, note. The caller's own copy.

    Raises
    ------
    ParameterError
        For an unknown paper or table.

    Examples
    --------
    >>> table = paper_values("cartridge", table="Table 6")
    >>> table.pivot(index="row", columns="metric", values="value").loc["F05", ["mean", "std"]].tolist()
    [0.6862, 0.0276]
    """
    values = pd.concat([_read(name) for name in PAPERS], ignore_index=True) if paper is None else _read(paper)
    if table is None:
        return values.copy()
    if table not in set(values["table"]):
        raise ParameterError(
            f"table {table!r} is not one of {', '.join(values['table'].unique())}",
            where=f"paper {paper!r}" if paper else "all papers",
            do="pass one of these names",
        )
    return values[values["table"] == table].reset_index(drop=True)


def check_keys(paper: str, keys: Iterable[tuple[str, str, str]]) -> None:
    """Refuse a number that a paper does not have, before a run is recorded against it.

    Parameters
    ----------
    paper : str
        The paper the keys belong to.
    keys : iterable of (table, row, metric)
        Names as in :func:`paper_values`.

    Raises
    ------
    ParameterError
        For an unknown paper, or for the first unknown key; the message names the nearest ones.

    Examples
    --------
    >>> check_keys("cartridge", [("Table 1", "ResNet-18, ShapeIndex_S", "accuracy")])
    >>> check_keys("gunshot", [("Stage 2", "pistol", "accuracy")])
    Traceback (most recent call last):
    fireanalysis.errors.ParameterError: no number ('Stage 2', 'pistol', 'accuracy') in the paper; nearest:
    ('Stage 2', 'Pistol', 'accuracy'), ...
    """
    known = _names(paper)
    for key in keys:
        name = " | ".join(map(str, key))
        if name not in known:
            nearest = difflib.get_close_matches(name, known, n=3, cutoff=0.0)
            shown = ", ".join(repr(known[near]) for near in nearest)
            raise ParameterError(
                f"no number {key!r} in the paper; nearest: {shown}",
                where=f"paper {paper!r}",
                do=f"use a key of paper_values({paper!r}), named as help(fireanalysis.papers.tables) says",
            )


def compare(record: Mapping[str, Any] | Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Put what runs measured beside what the papers print.

    Parameters
    ----------
    record : mapping or iterable of mappings
        Records of runs, as `fireanalysis.running.results` writes them. Read here: notebook, source, profile,
        weights and against_paper, whose values are in the paper's unit (see :func:`paper_values`); "low" and "high",
        the ends of a 95 % interval, are optional there.

    Returns
    -------
    pandas.DataFrame
        One row a number a run set against a paper, in the order of the records: paper, table, row, metric,
        "paper says", "this run", "low" and "high" (float64, NaN without interval), source ("simulated" or "real":
        where this run's number comes from), difference (this run − paper), unit, notebook, profile, weights, note.

    Raises
    ------
    DataError
        If a record lacks one of these fields, or its source is neither "simulated" nor "real".
    ParameterError
        If it names a paper or a number that does not exist.

    Examples
    --------
    >>> key = {"paper": "gunshot", "table": "text", "row": "end to end", "metric": "accuracy"}
    >>> table = compare({"notebook": "25_routing", "source": "simulated", "profile": "quick", "weights": None,
    ...                  "against_paper": [key | {"value": 70.0}]})
    >>> table[["paper says", "this run", "source", "difference", "unit"]].round(2).values.tolist()
    [[87.31, 70.0, 'simulated', -17.31, '%']]
    """
    about = ["source", "notebook", "profile", "weights"]
    runs = []
    for one in [record] if isinstance(record, Mapping) else record:
        _need(one, [*about, "against_paper"], where=f"record of {one.get('notebook', 'an unnamed notebook')}")
        where = f"record of {one['notebook']}"
        if one["source"] not in SOURCES:
            raise DataError(
                f"source {one['source']!r} is not one of {', '.join(SOURCES)}", where=where, do="run it again"
            )
        for entry in one["against_paper"]:
            _need(entry, ["paper", *KEY, "value"], where=where)
            check_keys(entry["paper"], [(entry["table"], entry["row"], entry["metric"])])
            values = [entry["value"], entry.get("low"), entry.get("high")]
            runs.append([entry[name] for name in ("paper", *KEY)] + values + [one[name] for name in about])
    ours = ["this run", "low", "high"]
    table = pd.DataFrame(runs, columns=["paper", *KEY, *ours, *about]).astype(dict.fromkeys(ours, "float64"))
    table = table.merge(
        paper_values().rename(columns={"value": "paper says"}), on=["paper", *KEY], how="left"
    )
    table["difference"] = table["this run"] - table["paper says"]
    numbers = ["paper says", *ours, "source", "difference", "unit"]
    return table[["paper", *KEY, *numbers, "notebook", "profile", "weights", "note"]]


@cache
def _names(paper: str) -> dict[str, tuple[str, str, str]]:
    """Give every key of a paper by its words in one line."""
    return {" | ".join(key): key for key in _read(paper)[KEY].itertuples(index=False, name=None)}


@cache
def _read(paper: str) -> pd.DataFrame:
    """Read one paper's file; shared between calls, so nobody may write to it."""
    if paper not in PAPERS:
        raise ParameterError(
            f"paper {paper!r} is not one of {', '.join(PAPERS)}", do="pass one of these names"
        )
    with files("fireanalysis.papers").joinpath(f"{paper}.csv").open(encoding="utf-8") as file:
        return pd.read_csv(
            file, dtype={"value": "float64"}, keep_default_na=False, na_values={"value": ["-"]}
        )


def _need(thing: Mapping[str, Any], fields: list[str], *, where: str) -> None:
    missing = [field for field in fields if field not in thing]
    if missing:
        raise DataError(
            f"no {', '.join(missing)}", where=where, do="run the notebook again to write a whole record"
        )
