"""What is wrong with tables of comparison scores."""

from pathlib import Path

import numpy as np
import pandas as pd

from .comparison_scores import load_comparison_scores

FEW = 20  # weapons; intervals from fewer are too narrow


def check_scores(folder: Path) -> list[tuple[str, str, str, str]]:
    """List what spoils likelihood ratios learned from a folder of `load_comparison_scores`."""
    return [
        finding for mark, table in load_comparison_scores(folder).items() for finding in _table(mark, table)
    ]


def _table(mark: str, table: pd.DataFrame) -> list[tuple[str, str, str, str]]:
    findings = [("warning", mark, note, "see that this is what you mean") for note in table.attrs["notes"]]
    weapons = np.unique(table[["reference", "questioned"]])
    if len(weapons) < FEW:
        what = f"{len(weapons)} weapons: intervals will be too narrow"
        findings.append(("warning", mark, what, f"compare marks of {FEW} weapons or more"))
    for split in table.attrs["splits"]:
        for part, name in (("t", "training"), ("v", "validation")):
            same = table.loc[table[split] == part, "same"]
            if min(same.sum(), (~same).sum()) < 2:
                what = f"{split}: {same.sum()} of {len(same)} pairs in {name} are of one weapon"
                findings.append(("error", mark, what, "two pairs of either kind are needed in either part"))
    return findings
