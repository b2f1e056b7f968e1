import numpy as np
import pandas as pd
import pytest

from fireanalysis.errors import DataError
from fireanalysis.widgets import AuditExplorer


def table(wrong: list) -> pd.DataFrame:
    return pd.DataFrame({"suspicion": np.linspace(1, 0, len(wrong)), "wrong": wrong})


def title(explorer: AuditExplorer) -> str:
    return explorer.figure.layout.title.text.replace("<br>", " ")


def test_the_title_follows_the_looks() -> None:
    explorer = AuditExplorer({"a": table([True, False, True, False])}, source="simulated", budget=0.25)
    assert title(explorer).startswith("1 looks of 4 (25 %): 1 wrong label found, 50 % of all wrong ones")
    explorer.budget.value = 75
    assert title(explorer).startswith("3 looks of 4 (75 %): 2 wrong labels found, 100 % of all")
    explorer.budget.value = 0
    assert title(explorer).startswith("0 looks of 4 (0 %): 0 wrong labels found, 0 % of all")
    assert explorer.figure.layout.meta["may_not"]


def test_what_nobody_checked_is_said() -> None:
    tables = {"none": table([np.nan] * 4), "some": table([1, np.nan, 0, np.nan]), "right": table([False] * 4)}
    explorer = AuditExplorer(tables, source="real")
    assert "nobody has checked any" in title(explorer)
    explorer.name.value = "some"
    assert "of 2 checked labels 1 are wrong" in title(explorer)
    explorer.name.value = "right"
    assert "of 4 checked labels 0 are wrong" in title(explorer)


def test_nothing_to_explore_is_refused() -> None:
    with pytest.raises(DataError, match="no table"):
        AuditExplorer({}, source="real")
