"""The report of a case: its findings, what they are worth together and what that hangs on, on one page of A4."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.metrics import Interval, strength_of_support

from .files import write_whole
from .report import TEMPLATES

_LEVELS = {"source": "this firearm", "class": "its class", "activity": "another question"}


def write_case_report(
    path: str | os.PathLike[str],
    evidence: pd.DataFrame,
    found: Mapping[str, Interval],
    combined: Interval,
    *,
    quality: Mapping[str, Mapping[str, Interval]],
    sensitivity: pd.DataFrame,
    propositions: tuple[str, str],
    title: str,
    source: str,
    about: str = "",
    calibration: str = "",
    combined_by: str = "",
    errors: Sequence[str] = (),
    limits: Sequence[str] = (),
) -> Path:
    """Write a case report: one HTML page that prints on one page of A4 and loads nothing.

    Parameters
    ----------
    path : path
        Written whole or not at all.
    evidence : DataFrame
        By name: ``level``, ``proposition``, ``alternative`` (`fireanalysis.loaders.load_case`).
    found : mapping of str to Interval
        log10 LR of each (`fireanalysis.metrics.case_likelihood_ratio`).
    combined : Interval
        log10 LR of those of source and class (`fireanalysis.metrics.combined_interval`).
    quality : mapping of str to mapping of str to Interval
        By name: "Cllr" and both shares of misleading LRs (`fireanalysis.metrics.likelihood_ratio_summary`).
    sensitivity : DataFrame
        ``varied`` and ``log10_lr`` (`fireanalysis.metrics.conclusion_sensitivity`); the first row is what is reported.
    propositions : (str, str)
        What is weighed in the end, for and against, as sentences without a full stop.
    title, about : str
        Heading, and a line below it.
    source : {"simulated", "real"}
        Stands in large letters above everything.
    calibration, combined_by : str
        How LRs were calibrated and combined, in a sentence.
    errors, limits : sequence of str
        Error rates; what was assumed and what limits the result; a line each, few and short.

    Returns
    -------
    Path

    Raises
    ------
    ParameterError
        If the source is neither word.
    DataError
        If there is no evidence, an LR is missing or not finite, or nothing was varied.
    RunError
        If the file cannot be written.
    """
    where = "write_case_report"
    if source not in ("simulated", "real"):
        raise ParameterError(f"source is {source!r}", where=where, do="pass 'simulated' or 'real'")
    lost = [str(name) for name in evidence.index if name not in found or name not in quality]
    if evidence.empty or lost or sensitivity.empty:
        what = f"nothing measured for {', '.join(lost)}" if lost else "no evidence, or nothing was varied"
        raise DataError(what, where=where, do="pass an LR and its quality for each piece, and variations")
    # Slow to import, and only a report needs it.
    from nbconvert.exporters.html import HTMLExporter

    rows = [_row(str(name), row, found[str(name)], quality[str(name)]) for name, row in evidence.iterrows()]
    apart = [
        f"{row['name']}: {row['words']} ({row['lr']})" for row in rows if row["level"] == _LEVELS["activity"]
    ]
    exporter = HTMLExporter(template_name="basic", extra_template_paths=[str(TEMPLATES)])
    page = exporter.environment.get_template("case_report.html.j2")  # which escapes what it is given
    text = page.render(
        **{"title": title, "about": about, "source": source, "calibration": calibration},
        **{"proposition": propositions[0], "alternative": propositions[1], "combined_by": combined_by},
        rows=rows,
        apart=apart,
        together=_together(combined, propositions),
        sensitivity=_ranges(sensitivity),
        errors=errors,
        limits=limits,
    )
    return write_whole(Path(path), text)


def _row(name: str, row: pd.Series, lr: Interval, quality: Mapping[str, Interval]) -> dict[str, Any]:
    shares = [quality[f"misleading, {kind}"] for kind in ("same source", "different sources")]
    return {
        "name": name,
        "level": _LEVELS.get(row["level"], row["level"]),
        "proposition": row["proposition"],
        "alternative": row["alternative"],
        "lr": _lr(lr.value),
        "interval": f"{_lr(lr.low)} to {_lr(lr.high)}",
        "words": strength_of_support(lr.value),
        "cllr": f"{quality['Cllr']:.2f}",
        "misleading": ", ".join(f"{share.value:.0%}" for share in shares),
        "reference": f"{lr.groups} sources",
    }


def _together(combined: Interval, propositions: tuple[str, str]) -> str:
    first, second = propositions if combined.value >= 0 else propositions[::-1]
    ends = f"95 %: LR {_lr(combined.low)} to {_lr(combined.high)}"
    times = _plain(abs(combined.value))
    return (
        f"The findings are about {'' if times == '1' else f'{times} times '}as probable if {first} as if {second} "
        f"(LR {_lr(combined.value)}; {ends}). This is {strength_of_support(combined.value)}."
    )


def _ranges(sensitivity: pd.DataFrame) -> list[dict[str, str]]:
    """Lowest and highest LR of each thing that was varied, and of all."""
    rows = [("as reported", sensitivity["log10_lr"].iloc[:1])]
    rows += [
        (str(varied), part) for varied, part in sensitivity.iloc[1:].groupby("varied", sort=False)["log10_lr"]
    ]
    rows += [("all of these", sensitivity["log10_lr"])]
    listed = []
    for varied, values in rows:
        words = dict.fromkeys(strength_of_support(end) for end in (values.min(), values.max()))
        ends = {"low": _lr(values.min()), "high": _lr(values.max())}
        listed.append({"varied": varied, **ends, "words": " to ".join(words)})
    return listed


def _lr(log10_lr: float) -> str:
    """Write an LR as people say it: 23, or 1/23; nothing finer than two digits is known."""
    return _plain(log10_lr) if log10_lr > -0.02 else f"1/{_plain(-log10_lr)}"


def _plain(log10_lr: float) -> str:
    if log10_lr != log10_lr:
        return "–"
    digits = f"{10 ** min(log10_lr, 300.0):.2g}"
    return f"{float(digits):,.0f}" if log10_lr < 6 and float(digits) >= 10 else digits
