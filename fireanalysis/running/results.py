"""The first and last word of every notebook: its settings as a table, and a record of what came out."""

import math
import re
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from importlib import metadata
from pathlib import Path
from platform import python_version
from typing import TYPE_CHECKING, Any

import fireanalysis
from fireanalysis.errors import DataError, FireAnalysisError, ParameterError

from .files import plain, write_json
from .notebooks import Notebook, notebooks_folder
from .profiles import paper_of, profile_sizes

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

SOURCES = ("simulated", "real")


@dataclass(frozen=True)
class Run:
    """A notebook's settings, resolved; shown as a table where a cell ends with it.

    Attributes
    ----------
    sizes : dict
        What the profile sets: samples, pixels, epochs and so on.
    parameters : dict
        The notebook's own parameters.
    """

    notebook: str
    paper: str
    profile: str
    data: str | None
    seed: int
    out: Path
    sizes: dict[str, Any]
    parameters: dict[str, Any]
    started: float = field(default_factory=time.perf_counter, repr=False)

    @property
    def store(self) -> Path:
        """Where prepared maps, features and trained models are kept, for all notebooks of a run folder."""
        return self.out / "store"

    def _rows(self) -> list[tuple[str, str, Any]]:
        settings = {
            "profile": self.profile,
            "data": self.data or "simulated",
            "seed": self.seed,
            "out": self.out,
        }
        groups = {"run": settings, "size": self.sizes, "parameter": self.parameters}
        return [(group, name, value) for group, values in groups.items() for name, value in values.items()]

    def __repr__(self) -> str:
        return "\n".join(
            [self.notebook, *(f"  {group:9}  {name} = {value}" for group, name, value in self._rows())]
        )

    def _repr_html_(self) -> str:
        cells = "".join(
            "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>"
            for row in self._rows()
        )
        head = "<tr><th>set by</th><th>name</th><th>value</th></tr>"
        return f"<table><caption>{escape(self.notebook)}</caption>{head}{cells}</table>"


def start(
    notebook: str,
    *,
    profile: str = "quick",
    data: str | Path | None = None,
    seed: int = 0,
    out: str | Path = "results",
    **parameters: Any,
) -> Run:
    """Resolve a notebook's settings and start its clock.

    Parameters
    ----------
    notebook : str
        Its file name without ``.ipynb``; the number in front says which paper it belongs to.
    profile : {"smoke", "quick", "full", "paper"}
        How large the run is.
    data : str or Path, optional
        Folder of real data; None is simulated data.
    seed : int
        At least 0.
    out : str or Path
        Run folder; a relative one is below the folder the kernel started in.
    **parameters
        The notebook's own parameters, for the table and the record.

    Raises
    ------
    ParameterError
        If the profile, the notebook's number, the seed or a parameter's value is none that is allowed.
    DataError
        If `data` is no folder.

    Examples
    --------
    >>> run = start("11_cartridge_shape_index", profile="smoke", SIGMA=3.0)
    >>> run.paper, run.sizes["pixels"], run.parameters
    ('cartridge', 184, {'SIGMA': 3.0})
    """
    sizes = profile_sizes(notebook, profile)
    seed = plain(seed, name="SEED")
    if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
        raise ParameterError(f"SEED is {seed!r}", where=notebook, do="use an integer of at least 0")
    if data is not None and not Path(data).is_dir():
        raise DataError(
            f"DATA is {str(data)!r}: no such folder",
            where=notebook,
            do="name a folder, or None for simulated data",
        )
    return Run(
        notebook,
        paper_of(notebook),
        profile,
        None if data is None else str(data),
        seed,
        Path(out).absolute(),
        sizes,
        {name: plain(value, name=name) for name, value in parameters.items()},
    )


def record(
    run: Run,
    *,
    metrics: Mapping[str, Any],
    source: str,
    against_paper: Mapping[tuple[str, str, str], Any] | None = None,
    weights: str | None = None,
) -> Path:
    """Write a run's record, ``OUT/records/<notebook>.json``: the last cell of every notebook.

    Parameters
    ----------
    run : Run
        What `start` returned.
    metrics : mapping of str to number or Interval
        Finite; NumPy scalars are converted. Of an Interval (`fireanalysis.metrics`) the ends are kept, too.
    source : {"simulated", "real"}
        What the metrics were measured on (the data set's ``source``).
    against_paper : mapping of (table, row, metric) to number or Interval, optional
        The same numbers as the paper's tables have them, in the paper's unit (``100 * interval`` for per cent).
    weights : str, optional
        Which trained weights are behind the metrics.

    Returns
    -------
    Path
        The record, written whole or not at all.

    Raises
    ------
    ParameterError
        If a metric is missing, NaN, infinite or no number, the source is neither word, or the paper's tables
        have no such entry.
    RunError
        If the folder cannot be written.
    """
    beside = _beside_paper(run, against_paper or {}, source, weights)
    if not metrics:
        raise ParameterError("no metrics", where=run.notebook, do="record at least one number")
    content: dict[str, Any] = {
        "schema": 1,
        **beside,
        "paper": run.paper,
        "title": _title(run.notebook),
        "sizes": run.sizes,
        "parameters": run.parameters,
        "data": run.data,
        "seed": run.seed,
        "metrics": {name: _number(value, f"metric {name!r}", run) for name, value in metrics.items()},
        "intervals": {name: ends for name, value in metrics.items() if (ends := _ends(value))},
        "seconds": round(time.perf_counter() - run.started, 3),
        "device": _device(),
        "versions": _versions(),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    return write_json(run.out / "records" / f"{run.notebook}.json", content)


def compare(
    run: Run,
    against_paper: Mapping[tuple[str, str, str], Any],
    *,
    source: str,
    weights: str | None = None,
) -> "Styler":
    """Put numbers of this run beside the paper's, before they are recorded.

    Parameters
    ----------
    run : Run
    against_paper : mapping of (table, row, metric) to number or Interval
        In the paper's unit, as `record` takes it.
    source : {"simulated", "real"}
        What this run's numbers were measured on; a column says it.
    weights : str, optional
        Which trained weights are behind them.

    Returns
    -------
    pandas.io.formats.style.Styler
        For display: table, row, metric, paper says, this run (with its 95 % interval, where one was given), source,
        difference, unit, note, and weights if there are any; its ``data`` is the plain table, with the ends "low"
        and "high" (NaN without interval).

    Raises
    ------
    ParameterError
        As `record` does.
    """
    from fireanalysis.papers import compare as beside

    table = beside(_beside_paper(run, against_paper, source, weights))
    table = table.drop(columns=["paper", "notebook", "profile", *([] if weights else ["weights"])])
    numbers: list[Any] = ["paper says", "difference"]
    ours = {
        number: f"{_short(value)} ({_short(low)} to {_short(high)})" if low == low else _short(value)
        for number, (value, low, high) in enumerate(table[["this run", "low", "high"]].to_numpy())
    }
    styled = (
        table.style.format(_short, subset=numbers).hide(axis="index").hide(["low", "high"], axis="columns")
    )
    for number, text in ours.items():
        styled = styled.format(text, subset=([number], ["this run"]))
    return styled.set_properties(subset=["weights"], **{"min-width": "9em"}) if weights else styled


def _short(value: Any) -> str:
    """Write a number with three digits, or whole from a hundred on; a dash where the paper prints none."""
    if value != value:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _beside_paper(
    run: Run, against_paper: Mapping[tuple[str, str, str], Any], source: str, weights: str | None
) -> dict[str, Any]:
    """Give the part of a record that `papers.compare` reads, checked."""
    if source not in SOURCES:
        raise ParameterError(
            f"source is {source!r}; allowed: {', '.join(SOURCES)}",
            where=run.notebook,
            do="pass the data's .source",
        )
    if against_paper:
        # pandas, which the check reads the tables with, is slow to import.
        from fireanalysis.papers import check_keys

        check_keys(run.paper, against_paper)
    entries: list[dict[str, Any]] = [
        {"paper": run.paper, "table": table, "row": row, "metric": metric}
        | {"value": _number(value, f"{table}, {row}, {metric}", run)}
        | _ends(value)
        for (table, row, metric), value in against_paper.items()
    ]
    about = {"notebook": run.notebook, "profile": run.profile, "source": source, "weights": weights}
    return about | {"against_paper": entries}


def _number(value: Any, name: str, run: Run) -> int | float:
    """Give a finite Python number; a metric that could not be computed is an error, not a hole in a table."""
    value = getattr(value, "value", value)  # of an Interval
    value = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ParameterError(
            f"{name} is {value!r}; it must be a finite number",
            where=run.notebook,
            do="find why it could not be computed (an empty class, a division by zero), or leave it out",
        )
    return value


def _ends(value: Any) -> dict[str, float]:
    """Give the ends of an interval that has them, and how many groups were resampled; of a plain number nothing."""
    if not hasattr(value, "low") or not math.isfinite(value.low + value.high):
        return {}
    groups = {"groups": int(value.groups)} if hasattr(value, "groups") else {}  # exact ones resample nothing
    return {"low": float(value.low), "high": float(value.high)} | groups


def _title(notebook: str) -> str:
    try:
        return Notebook.read(notebooks_folder() / f"{notebook}.ipynb").title
    except FireAnalysisError:  # a notebook of the reader's own, elsewhere
        return notebook


def _device() -> str:
    """Name the GPU if this process has used one. torch is asked only if the notebook imported it."""
    torch = sys.modules.get("torch")
    return str(torch.cuda.get_device_name()) if torch is not None and torch.cuda.is_initialized() else "cpu"


def _versions() -> dict[str, str]:
    """Versions of Python, this package, and those of its dependencies which this process has imported."""
    versions = {"python": python_version(), "fireanalysis": fireanalysis.__version__}
    modules = {"scikit-learn": "sklearn", "scikit-image": "skimage", "opencv-python-headless": "cv2"}
    for requirement in metadata.requires("fireanalysis") or []:
        name = re.match(r"[\w.-]+", requirement)[0]  # type: ignore[index]  # a requirement starts with its name
        if "extra ==" not in requirement and modules.get(name, name.replace("-", "_")) in sys.modules:
            versions[name] = metadata.version(name)
    return versions
