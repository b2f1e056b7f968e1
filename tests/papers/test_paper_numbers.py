"""What the papers' numbers must say about each other: a cell that was copied wrongly breaks one of these."""

import itertools

import numpy as np
import pandas as pd
import pytest

from fireanalysis.papers import paper_values

BRANDS = ["CBP", *(f"F{number:02}" for number in range(1, 20)), "Handmade"]
# Cells each table has by its shape, and their sum, added up straight from the papers' text.
SHAPES = {
    ("cartridge", "Table 1"): (15, 1228.6),  # 14 models on 21 brands, 1 on 89
    ("cartridge", "Table 2"): (21 * 5 + 6 * 3, 1_175_449.41),  # brands; three averages of two models
    ("cartridge", "Table 3"): (21 * 5 + 6 * 3, 1_144_467.26),
    ("cartridge", "Table 4"): (21 * 21, 2078),
    ("cartridge", "Table 5"): (21 * 20 // 2, 658.2),
    ("cartridge", "Table 6"): (21 * 4, 47.5438),
    ("gunshot", "Layers"): (3 + 2 + 1, 1 + 512 + 345 + 7 + 2 + 2),
    ("gunshot", "Stage 2"): (5 * 3, 964.79),
    ("segmentation", "Table 1"): (4 * 2, 4.1732),
    ("retrieval", "Table I"): (5, 167),
    ("retrieval", "Table II"): (4 * 4, 9735 + 2975 + 7338 + 14_922),
    ("retrieval", "Table III"): (6 * 5, 2114.6),
    ("retrieval", "Table IV"): (8 * 4, 1455.3),
}


def grid(paper: str, table: str) -> pd.DataFrame:
    values = paper_values(paper, table=table).set_index(["row", "metric"])["value"]
    return values.unstack("metric")  # noqa: PD010 (pivot_table would average over a key that is there twice)


def text(paper: str) -> pd.Series:
    return paper_values(paper, table="text").set_index(["row", "metric"])["value"]


def ratios(over: float, under: float, *, digits: int) -> tuple[float, float]:
    """Lowest and highest relative improvement, in percent, that two rounded values leave room for."""
    half = 0.5 * 10.0**-digits
    return 100 * ((over - half) / (under + half) - 1), 100 * ((over + half) / (under - half) - 1)


# --- all papers


def test_every_table_has_the_cells_the_paper_prints() -> None:
    counts = paper_values().groupby(["paper", "table"]).size()
    assert counts.drop("text", level="table").to_dict() == {key: cells for key, (cells, _) in SHAPES.items()}
    assert (counts.xs("text", level="table")[[paper for paper, _ in SHAPES]] > 30).all()


@pytest.mark.parametrize(("paper", "table"), SHAPES)
def test_no_cell_has_changed(paper: str, table: str) -> None:
    assert paper_values(paper, table=table)["value"].sum() == pytest.approx(SHAPES[paper, table][1], abs=1e-6)


def test_keys_are_unique_and_tidy() -> None:
    values = paper_values()
    assert not values.duplicated(["paper", "table", "row", "metric"]).any()
    words = values[["paper", "table", "row", "metric", "unit"]]
    assert (words != "").all(axis=None)
    assert all((words[name] == words[name].str.strip()).all() for name in words)
    assert (values.loc[values["table"] == "text", "note"] != "").all()  # the section


def test_only_what_the_papers_leave_out_is_missing() -> None:
    values = paper_values()
    missing = values[values["value"].isna()]
    assert missing.groupby(["paper", "table", "row"]).size().to_dict() == {
        ("gunshot", "text", "features"): 2,
        ("retrieval", "Table II", "Train set"): 2,
        ("retrieval", "Table II", "Total"): 2,
        ("retrieval", "Table III", "cls + retr-s"): 5,
    }
    assert (missing["note"] != "").all()


def test_values_lie_in_the_range_of_their_unit() -> None:
    values = paper_values().dropna()
    assert (values["value"] >= 0).all()
    fraction, percent = values["unit"] == "fraction", (values["unit"] == "%") & (values["table"] != "text")
    assert values.loc[fraction, "value"].max() <= 1
    assert 90 < values.loc[percent, "value"].max() <= 100
    counted = {"samples", "images", "classes", "queries", "brands", "models", "epochs", "px"}
    whole = values["unit"].isin(counted) & ~values["metric"].str.contains("sigma")
    assert whole.sum() > 150
    assert (values.loc[whole, "value"] % 1 == 0).all()


# --- cartridge


def test_cells_read_by_eye() -> None:
    cells = {
        ("cartridge", "Table 1", "ResNet-18, ShapeIndex_S", "accuracy"): 86.8,
        ("cartridge", "Table 1", "ResNet-50, ShapeIndex_BAL", "accuracy"): 91.6,
        ("cartridge", "Table 2", "F10", "f1"): 0.94,
        ("cartridge", "Table 3", "F05", "precision"): 0.53,
        ("cartridge", "Table 4", "Handmade", "predicted as CBP"): 3,
        ("cartridge", "Table 4", "CBP", "predicted as Handmade"): 5,
        ("cartridge", "Table 5", "F08–F14", "distance"): 5.2,
        ("cartridge", "Table 5", "F07–Handmade", "distance"): 3.0,
        ("cartridge", "Table 5", "CBP–F10", "distance"): 2.6,
        ("cartridge", "Table 6", "F04", "max"): 0.8420,
        ("gunshot", "Stage 2", "Submachine gun", "macro f1"): 92.59,
        ("segmentation", "Table 1", "Mobile Net transfer model", "testing IoU"): 0.5054,
        ("retrieval", "Table III", "retr-d", "rank-8"): 97.5,
        ("retrieval", "Table III", "cls", "rank-2"): 96.25,
        ("retrieval", "Table IV", "TripletNet", "mAP, D=64"): 69.97,
    }
    values = paper_values().set_index(["paper", "table", "row", "metric"])["value"]
    assert values.loc[list(cells)].to_dict() == cells


@pytest.mark.parametrize("table", ["Table 2", "Table 3", "Table 4", "Table 6"])
def test_the_21_brands_have_one_name_each(table: str) -> None:
    rows = [row for row in grid("cartridge", table).index if not row.endswith("avg.")]
    assert sorted(rows) == BRANDS


@pytest.mark.parametrize("table", ["Table 2", "Table 3"])
def test_f1_is_the_harmonic_mean_to_rounding(table: str) -> None:
    cells = grid("cartridge", table)
    assert len(cells) == 27
    cells = cells[~cells.index.str.contains("Weighted")]  # a weighted F1 is a mean of F1s
    p, r, half = cells["precision"], cells["recall"], 0.005
    lowest = 2 * (p - half) * (r - half) / (p + r - 2 * half)
    highest = 2 * (p + half) * (r + half) / (p + r + 2 * half)
    assert (cells["f1"] + half >= lowest).all()
    assert (cells["f1"] - half <= highest).all()


def test_table_2_averages_recompute() -> None:
    cells = grid("cartridge", "Table 2")
    brands, printed = cells.loc[BRANDS], cells[["precision", "recall", "f1"]]
    support = brands["test"]
    assert support.sum() == 35_181
    assert np.average(brands["recall"], weights=support) == pytest.approx(0.913, abs=0.0005)
    assert brands["recall"].mean() == pytest.approx(0.83, abs=0.005)
    for average in ["precision", "recall", "f1"]:
        weighted = np.average(brands[average], weights=support)
        assert weighted == pytest.approx(printed.loc["ResNet Weighted avg.", average], abs=0.0051)
        assert brands[average].mean() == pytest.approx(printed.loc["ResNet Macro avg.", average], abs=0.0051)


def test_table_3_macro_f1_is_not_a_mean_of_f1() -> None:
    cells = grid("cartridge", "Table 3")
    assert (cells.loc[BRANDS, "test"] == 200).all()  # so macro and weighted must agree, and F1 does not
    macro, weighted = cells.loc["ResNet Macro avg."], cells.loc["ResNet Weighted avg."]
    assert macro[["precision", "recall"]].equals(weighted[["precision", "recall"]])
    assert cells.loc[BRANDS, "f1"].mean() == pytest.approx(0.84, abs=0.005)
    assert (macro["f1"], weighted["f1"]) == (0.85, 0.84)


def test_training_counts_against_the_text() -> None:
    train, said = grid("cartridge", "Table 2").loc[BRANDS, "train"], text("cartridge")
    assert train.equals(grid("cartridge", "Table 3").loc[BRANDS, "train"])
    assert train.sum() == 1_140_199 > said["oversampling", "training samples"]
    below = train < said["oversampling", "fewest training samples of a class"]
    assert list(train[below].index) == ["F02", "F10"]


def test_cartridge_counts_in_the_text_add_up() -> None:
    said = text("cartridge")["data set"]
    assert said["factory brands"] + 2 == said["brands"] == 89  # + CBP + Handmade
    assert said["brands in the 21-brand set"] + said["brands below 1000 samples"] == said["brands"]
    share = 100 * said["samples in the 21-brand set"] / said["samples"]
    assert share == pytest.approx(said["share of the 21-brand set"], abs=0.05)
    images = text("cartridge")["images"]
    assert images["primer"] == 4 * images["reduced primer"]


def test_test_counts_contradict_thirty_thousand() -> None:
    said, test = text("cartridge")["data set"], grid("cartridge", "Table 2").loc[BRANDS, "test"]
    tenth = test.sum() / said["samples in the 21-brand set"]
    assert tenth == pytest.approx(0.1, abs=0.0005)
    cases = test / tenth
    above = cases[cases > said["samples of the most populous brands"] + 5_000]
    assert above.round(-3).to_dict() == {"CBP": 38_000, "F12": 69_000, "Handmade": 76_000}


def test_confusion_matrix_agrees_with_the_other_tables() -> None:
    percent = grid("cartridge", "Table 4").rename(columns=lambda name: name.removeprefix("predicted as "))
    percent = percent.loc[BRANDS, BRANDS]
    sums = percent.sum(axis=1)  # cells below 0.5 are printed as 0
    assert (sums.min(), sums.max()) == (97, 101)
    recall = pd.Series(np.diag(percent), index=BRANDS)
    tables = grid("cartridge", "Table 2")
    assert recall.mean() / 100 == pytest.approx(tables.loc["ViT Macro avg.", "recall"], abs=0.005)
    accuracy = grid("cartridge", "Table 1").loc["ViT, ShapeIndex_BAL", "accuracy"]
    assert np.average(recall, weights=tables.loc[BRANDS, "test"]) == pytest.approx(accuracy, abs=0.5)


def test_the_four_largest_confusions_are_those_the_experts_name() -> None:
    cells = paper_values("cartridge", table="Table 4")
    predicted = cells["metric"].str.removeprefix("predicted as ")
    worst = cells.assign(predicted=predicted)[cells["row"] != predicted].nlargest(4, "value")
    pairs = [("F03", "F05"), ("F19", "F12"), ("F02", "F08"), ("F14", "F12")]
    assert list(zip(worst["row"], worst["predicted"], strict=True)) == pairs


def test_inter_class_distances() -> None:
    table = paper_values("cartridge", table="Table 5").set_index("row")["value"]
    assert set(table.index) == {"–".join(pair) for pair in itertools.combinations(BRANDS, 2)}
    distance = 10.0**-table
    assert distance.max() < 0.0033 < text("cartridge")["inter-class distance", "mean"] == 0.2272
    assert table["F02–F08"] == table.median() == 3.1  # a confusable pair, no closer than most


def test_inter_class_distances_keep_the_triangle_inequality() -> None:
    table = paper_values("cartridge", table="Table 5").set_index("row")["value"].to_dict()
    printed = {tuple(pair.split("–")): value for pair, value in table.items()}
    printed |= {(b, a): value for (a, b), value in printed.items()}
    for a, b, way in itertools.permutations(BRANDS, 3):
        least = 10 ** -(printed[a, b] + 0.05)  # one decimal is printed
        assert least <= 10 ** -(printed[a, way] - 0.05) + 10 ** -(printed[way, b] - 0.05)


def test_intra_class_distances_ascend() -> None:
    means = paper_values("cartridge", table="Table 6").query("metric == 'mean'")["value"]
    assert means.is_monotonic_increasing
    cells = grid("cartridge", "Table 6")
    assert ((cells["mean"] - cells["median"]).abs() < 0.003).all()
    deviations = (cells["max"] - cells["mean"]) / cells["std"]
    assert deviations.between(2, 5).all()


# --- gunshot


def test_gunshot_counts_add_up() -> None:
    models, said = grid("gunshot", "Stage 2")["models"], text("gunshot")
    assert models.tolist() == [3, 13, 8, 4, 4]
    assert models.sum() == said["data set", "models"] == 32
    assert len(models) == said["data set", "categories"]
    assert models.max() == said["stage 2", "most classes of a sub-model"]
    assert (
        models.min() == said["stage 2", "fewest classes of a sub-model"] + 1
    )  # the paper contradicts itself
    assert said["split"].sum() == 100


def test_gunshot_accuracies_fit_one_test_size_only() -> None:
    said = text("gunshot")
    about = round(said["data set", "samples"] * said["split", "test"] / 100)

    def reachable(percent: float, clips: int) -> bool:
        return any(round(100 * right / clips, 2) == percent for right in range(clips + 1))

    accuracies = [said["stage 1", "accuracy"], said["end to end", "accuracy"]]
    sizes = range(about - 100, about + 101)
    assert [n for n in sizes if all(reachable(accuracy, n) for accuracy in accuracies)] == [536]
    assert grid("gunshot", "Stage 2")["accuracy"].max() == said["stage 2", "best accuracy"]


def test_gunshot_input_follows_from_window_and_hop() -> None:
    said, layer = text("gunshot")["features"], grid("gunshot", "Layers").loc["Input Layer"]
    samples = said["duration"] * 1000 * said["sample rate"]
    assert layer["frequency bins"] == said["frequency bins"] == 1024 // 2
    assert layer["time frames"] == said["time frames"] == 1 + samples // 256


# --- segmentation


def test_segmentation_counts() -> None:
    said = text("segmentation")
    kaggle = said["Kaggle data"]
    assert kaggle["images"] == kaggle["scenes"] * kaggle["rotations"] * kaggle["flips"] == 66
    synthetic = said["synthetic data"]
    assert synthetic["images"] == 13_284 == synthetic["firearms"] * 324
    assert synthetic["images"] % synthetic["backgrounds"] != 0


def test_segmentation_ranges_are_those_of_the_table() -> None:
    cells, said = grid("segmentation", "Table 1"), text("segmentation")["all models"]
    for name, column in cells.items():
        assert (column.min(), column.max()) == (said[f"lowest {name}"], said[f"highest {name}"])
        assert (column.idxmin(), column.idxmax()) == (
            "U-net model with batchnorm layers",
            "Efficient Net transfer model",
        )
    empty = (1 - 0.01) / 2  # two-class mean of an empty mask where 1 % is foreground
    assert cells.loc["U-net model without batchnorm layers"].tolist() == pytest.approx([empty] * 2, abs=0.001)


# --- retrieval


def test_labeler_weights_follow_from_their_counts() -> None:
    number, said = grid("retrieval", "Table I")["number"], text("retrieval")["labelling"]
    assert number.sum() == text("retrieval")["data set", "classes"] == 167
    inverse = 1 / number.drop("Labeler 1")
    weights = pd.Series([said[f"weight of labeler {name}"] for name in range(5)], index=number.index)
    assert weights.sum() == pytest.approx(1)
    assert weights["Labeler 1"] == 0
    for name, weight in (inverse / inverse.sum()).items():
        assert weights[name] == pytest.approx(weight, abs=0.001)


def test_firearm_14k_totals() -> None:
    cells, said = grid("retrieval", "Table II"), text("retrieval")
    parts, total = cells.loc[["Train set", "Validation set", "Test set"]], cells.loc["Total"]
    assert parts[["classes", "images"]].sum().equals(total[["classes", "images"]])
    assert total["images"] == said["data set", "images"] == 14_755
    assert (100 * parts["images"] / total["images"]).round().tolist() == said["split"].iloc[:3].tolist()
    removed = pd.Series({"Validation set": said["split", "validation queries removed"], "Test set": 0})
    held_out = parts.loc[removed.index]
    assert (held_out["queries"] + held_out["database images"] + removed).equals(held_out["images"])
    each = said["split", "queries per class"]
    assert (held_out["queries"] + removed).equals(each * held_out["classes"])
    assert said["classification training", "classes"] == parts["classes"].iloc[:2].sum()


def test_relative_improvements_recompute() -> None:
    said = text("retrieval").xs("relative improvement", level="metric")
    mean_ap = grid("retrieval", "Table III")["mAP"]
    for pair in ["retr-d over retr-s", "cls over VGG", "cls + retr-d over cls"]:
        over, under = pair.split(" over ")
        low, high = ratios(mean_ap[over], mean_ap[under], digits=1)
        assert low - 0.05 <= said[pair] <= high + 0.05
        assert high - low < 1.1
    table = grid("retrieval", "Table IV")
    best = 100 * (table.loc["Ours best (cls + retr-d)"] / table.loc["Siamese-MAC"] - 1)
    assert best["mAP, D=128"] == pytest.approx(said["best over Siamese-MAC"], abs=0.05)
    assert best.round(1)["mAP, D=512"] == 92.8 > said["best over Siamese-MAC"]  # not "up to" 88.5


def test_rank_k_moves_in_steps_of_one_query() -> None:
    ranks = grid("retrieval", "Table III")[["rank-1", "rank-2", "rank-4", "rank-8"]].dropna()
    queries = grid("retrieval", "Table II").loc["Test set", "queries"]
    assert len(ranks) == 5
    assert (ranks * queries / 100 % 1 == 0).all(axis=None)
    assert (ranks.diff(axis=1).iloc[:, 1:] >= 0).all(axis=None)
    assert ranks.loc["retr-d", "rank-2"] < ranks.loc["VGG", "rank-2"]  # though the text says it improves


def test_lead_over_the_triplet_network() -> None:
    table = grid("retrieval", "Table IV")
    lead = (table.loc["Ours best (cls + retr-d)"] - table.loc["TripletNet"]).round(2)
    assert (lead["mAP, D=512"], lead["mAP, D=64"]) == (0.65, 0.10)
    assert lead.between(0.10, 0.65).all()
