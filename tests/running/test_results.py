import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from fireanalysis.errors import DataError, ParameterError, RunError
from fireanalysis.metrics import Exact, Interval, bootstrap_mean
from fireanalysis.running import results

NAME = "11_cartridge_shape_index"


def test_a_record_holds_everything_the_report_needs(tmp_path: Path) -> None:
    run = results.start(
        NAME, profile="smoke", data=tmp_path, seed=np.int64(3), out=tmp_path, SIGMA=np.float32(0.5)
    )
    key = ("Table 1", "ResNet-18, ShapeIndex_S", "accuracy")
    metrics = {"accuracy": np.float32(0.75), "cases": np.int64(48), "loss": np.array(0.5)}
    path = results.record(run, metrics=metrics, source="real", against_paper={key: 85}, weights="none")
    assert path == tmp_path / "records" / f"{NAME}.json"
    record = json.loads(path.read_text())
    assert record.pop("seconds") >= 0
    assert datetime.fromisoformat(record.pop("finished")).utcoffset() is not None
    versions = record.pop("versions")
    assert versions["python"] == ".".join(map(str, sys.version_info[:3]))
    assert versions["numpy"] == np.__version__
    assert "fireanalysis" in versions
    assert record.pop("sizes")["pixels"] == 184
    assert record == {
        "schema": 1,
        "notebook": NAME,
        "paper": "cartridge",
        "title": record["title"],
        "profile": "smoke",
        "parameters": {"SIGMA": 0.5},
        "source": "real",
        "data": str(tmp_path),
        "seed": 3,
        "weights": "none",
        "metrics": {"accuracy": 0.75, "cases": 48, "loss": 0.5},
        "intervals": {},
        "against_paper": [
            {"paper": "cartridge", "table": key[0], "row": key[1], "metric": key[2], "value": 85},
        ],
        "device": "cpu",
    }


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), None, True, "0.9", np.float32("nan"), np.array([1.0, 2.0])]
)
def test_a_metric_that_is_no_finite_number_is_refused(tmp_path: Path, value: object) -> None:
    run = results.start(NAME, out=tmp_path)
    with pytest.raises(ParameterError, match=r"(?s)metric 'f1' is .*must be a finite number.*where: " + NAME):
        results.record(run, metrics={"accuracy": 0.5, "f1": value}, source="simulated")
    with pytest.raises(ParameterError, match="Table 1, ResNet-18, ShapeIndex_S, accuracy is"):
        key = ("Table 1", "ResNet-18, ShapeIndex_S", "accuracy")
        results.record(run, metrics={"a": 1}, source="simulated", against_paper={key: value})
    assert not (tmp_path / "records").exists()


def test_a_record_without_metrics_or_with_an_unknown_source_or_paper_row_is_refused(tmp_path: Path) -> None:
    run = results.start(NAME, out=tmp_path)
    with pytest.raises(ParameterError, match="no metrics"):
        results.record(run, metrics={}, source="simulated")
    with pytest.raises(ParameterError, match="source is 'fake'; allowed: simulated, real"):
        results.record(run, metrics={"a": 1}, source="fake")
    with pytest.raises(ParameterError, match="ResNet-19"):
        key = ("Table 1", "ResNet-19, ShapeIndex_S", "accuracy")
        results.record(run, metrics={"a": 1}, source="simulated", against_paper={key: 1.0})
    assert not (tmp_path / "records").exists()


def test_settings_that_cannot_be_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"unknown profile 'medium'"):
        results.start(NAME, profile="medium")
    with pytest.raises(DataError, match="no such folder"):
        results.start(NAME, data=tmp_path / "none")
    with pytest.raises(ParameterError, match="no paper"):
        results.start("shape_index")
    for seed in (-1, 1.5, True, "1"):
        with pytest.raises(ParameterError, match="SEED is"):
            results.start(NAME, seed=seed)  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="MODEL is"):
        results.start(NAME, MODEL=object())


def test_settings_show_as_a_table_with_nothing_left_to_interpret(tmp_path: Path) -> None:
    run = results.start(NAME, profile="smoke", out="out", LABEL="<b>")
    page = run._repr_html_()
    for text in (
        NAME,
        "<td>profile</td><td>smoke</td>",
        "<td>data</td><td>simulated</td>",
        "<td>pixels</td><td>184<",
    ):
        assert text in page
    assert "&lt;b&gt;" in page
    assert "pixels = 184" in repr(run)
    assert run.out == Path.cwd() / "out"


def test_a_folder_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    run = results.start(NAME, out=tmp_path / "out")
    with pytest.raises(RunError, match=r"cannot write .*\.json"):
        results.record(run, metrics={"a": 1}, source="simulated")


def test_a_record_imports_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys; from fireanalysis.running import results; r = results.start('00_a', out=sys.argv[1]);"
        "results.record(r, metrics={'a': 1}, source='simulated');"
        "print([m for m in ('numpy', 'pandas', 'torch', 'papermill', 'plotly') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_device_is_the_gpu_only_if_this_process_used_it(monkeypatch: pytest.MonkeyPatch) -> None:
    class Cuda:
        used = False

        def is_initialized(self) -> bool:
            return self.used

        def get_device_name(self) -> str:
            return "NVIDIA H200"

    class Torch:
        cuda = Cuda()

    monkeypatch.setitem(sys.modules, "torch", Torch())  # type: ignore[arg-type]
    assert results._device() == "cpu"
    Torch.cuda.used = True
    assert results._device() == "NVIDIA H200"
    monkeypatch.delitem(sys.modules, "torch")
    assert results._device() == "cpu"


def test_compare_puts_this_run_beside_the_paper_before_anything_is_written(tmp_path: Path) -> None:
    run = results.start(NAME, profile="smoke", out=tmp_path)
    key = ("Table 1", "ResNet-18, ShapeIndex_S", "accuracy")
    (row,) = results.compare(run, {key: 80.0}, source="simulated").data.to_dict("records")
    assert (row["paper says"], row["this run"], row["source"]) == (86.8, 80.0, "simulated")
    assert row["difference"] == pytest.approx(-6.8)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ParameterError, match="nearest"):
        results.compare(run, {("Table 1", "ResNet-18", "accuracy"): 1.0}, source="simulated")


def test_a_number_that_the_paper_does_not_print_is_a_dash(tmp_path: Path) -> None:
    run = results.start("44_retrieval_comparison", profile="smoke", out=tmp_path)
    shown = results.compare(run, {("Table III", "cls + retr-s", "mAP"): 38.7}, source="simulated").to_html()
    assert shown.count(">–<") == 2 and ">38.7<" in shown and ">nan<" not in shown


def test_an_interval_is_recorded_and_shown_with_its_ends(tmp_path: Path) -> None:
    run = results.start(NAME, profile="smoke", out=tmp_path)
    right = bootstrap_mean([1, 1, 0, 1], groups=["a", "a", "b", "c"], seed=0)
    key = ("Table 1", "ResNet-18, ShapeIndex_S", "accuracy")
    path = results.record(
        run, metrics={"right": right, "cases": 4}, source="simulated", against_paper={key: 100 * right}
    )
    record = json.loads(path.read_text())
    ends = {"low": right.low, "high": right.high, "groups": 3}
    assert (record["metrics"], record["intervals"]) == ({"right": 0.75, "cases": 4}, {"right": ends})
    (entry,) = record["against_paper"]
    assert (entry["value"], entry["low"], entry["high"]) == (75, 100 * right.low, 100 * right.high)
    shown = results.compare(run, {key: np.float64(100) * right}, source="simulated")
    assert f"75 ({100 * right.low:.3g} to {100 * right.high:.3g})" in shown.to_html()


def test_an_interval_without_ends_is_recorded_as_a_number(tmp_path: Path) -> None:
    nowhere = Interval(0.5, np.nan, np.nan, np.full(3, np.nan), 3)
    path = results.record(results.start(NAME, out=tmp_path), metrics={"right": nowhere}, source="simulated")
    record = json.loads(path.read_text())
    assert (record["metrics"], record["intervals"]) == ({"right": 0.5}, {})


def test_an_exact_interval_is_recorded_with_its_ends(tmp_path: Path) -> None:
    path = results.record(
        results.start(NAME, out=tmp_path), metrics={"found": Exact(0.5, 0.1, 0.9)}, source="simulated"
    )
    record = json.loads(path.read_text())
    assert (record["metrics"], record["intervals"]) == ({"found": 0.5}, {"found": {"low": 0.1, "high": 0.9}})
