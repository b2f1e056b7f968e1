"""Kept scores on real recordings: the table is what the script's record says."""

import json
from pathlib import Path

import pytest

from fireanalysis.metrics import real_gunshot_scores

RECORD = Path(__file__).parents[2] / "docs" / "results" / "gunshot_real.json"


def test_the_table_is_the_record() -> None:
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    table = real_gunshot_scores().set_index(["split", "method"])
    assert len(table) == sum(map(len, record["scores"].values()))
    for (split, method), row in table.iterrows():
        kept = record["scores"][split][method]
        assert row["right_percent"] == pytest.approx(kept["accuracy (%)"])
        assert row[["low", "high"]].tolist() == pytest.approx(kept["95 % interval"])
        assert row["lead_points"] == pytest.approx(kept["lead (points)"])
        assert row[["lead_low", "lead_high"]].tolist() == pytest.approx(kept["its 95 % interval"])


def test_an_interval_holds_its_number() -> None:
    table = real_gunshot_scores()
    assert (table["low"] <= table["right_percent"]).all() and (table["right_percent"] <= table["high"]).all()
    assert (table["lead_low"] <= table["lead_points"]).all()
    assert (table["lead_points"] <= table["lead_high"]).all()
