"""Keep the records of a run as docs/results/NAME.json, and write the tables of README and docs/results.md from them.

    python docs/results/collect.py results quick-two-cores     # after: fireanalysis run
    python docs/results/collect.py                             # only write the tables again

Numbers in those tables come from here alone; a test holds them together.
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
README = HERE.parents[1] / "README.md"
MORE = HERE.with_suffix(".md")  # docs/results.md
BEGIN, END = "<!-- results: docs/results/collect.py -->", "<!-- end of results -->"
BEGIN_SPLITS = "<!-- splits: docs/results/collect.py -->"
BEGIN_STEPS = "<!-- steps: docs/results/collect.py -->"
BEGIN_METHODS = "<!-- methods: docs/results/collect.py -->"
BEGIN_COSTS = "<!-- costs: docs/results/collect.py -->"
BEGIN_EVIDENCE = "<!-- evidence: docs/results/collect.py -->"
SHOWN = "quick-two-cores"  # the run README's table is about

# Where ways to train for retrieval were compared.
SETS = {
    "simulated": "simulated firearms of models no training saw",
    "drawings": "real drawings of characters no training saw (Omniglot)",
}

# What is said of the real recordings, and what gunshot_real.json calls it.
REAL = {
    "support vector machine on mel statistics": "SVM, C chosen",
    "discriminant on the same": "discriminant",
    "network pre-trained on simulated clips": "network, pre-trained on simulated clips",
    "both together": "network, pre-trained on simulated clips, with the discriminant",
}

# Paper item, notebook, and the numbers shown: (what, its key in the record's against_paper).
ITEMS = [
    ("§4.1, Figs 3, 4, 7", "10_cartridge_data", []),
    ("Eq. 1, Fig. 5", "11_cartridge_shape_index", []),
    ("Fig. 6", "12_cartridge_sigma", [("best σ (px)", "text", "shape index", "best sigma")]),
    ("Table 1, rows 1–4", "13_cartridge_classical", [("Table 1",)]),
    ("Table 1, rows 5–12 and 15, Fig. 8", "14_cartridge_cnn", [("Table 1",)]),
    ("Table 1, rows 13 and 14, Fig. 9", "15_cartridge_vit", [("Table 1",)]),
    (
        "Tables 2 and 3",
        "16_cartridge_classes",
        [
            ("micro F1, natural test set", "Table 2", "ResNet Micro avg.", "f1"),
            ("macro F1, natural", "Table 2", "ResNet Macro avg.", "f1"),
            ("micro F1, balanced", "Table 3", "ResNet Micro avg.", "f1"),
            ("macro F1, balanced", "Table 3", "ResNet Macro avg.", "f1"),
        ],
    ),
    ("Tables 4, 5 and 6, Figs 10 and 11", "16_cartridge_classes", []),
    ("§5.2, Figs 12–15", "17_cartridge_explain", []),
    (
        "§5.3",
        "18_cartridge_search",
        [("gain in top-100 (points)", "text", "re-ranking", "top-100 improvement")],
    ),
    (
        "gunshots, Database Building, Pre-Processing",
        "20_gunshot_data",
        [("mean of the features", "text", "features", "mean"), ("std", "text", "features", "std")],
    ),
    (
        "gunshots, Related Work, Table 4.5",
        "21_gunshot_baselines",
        [
            ("32 models (paper: 12), by session", "text", "related work [9]", "accuracy"),
            ("small set, by clip", "text", "related work [5, 7]", "lowest accuracy"),
        ],
    ),
    (
        "gunshots, Results 1, Figs 1 and 2",
        "22_gunshot_stage_one",
        [("accuracy by session", "text", "stage 1", "accuracy"), ("macro F1", "text", "stage 1", "macro f1")],
    ),
    (
        "gunshots, Results 2, Figs 3–5",
        "23_gunshot_stage_two",
        [
            (f"{name}, by session", "Stage 2", name, "accuracy")
            for name in ("Machine gun", "Pistol", "Rifle", "Shotgun", "Submachine gun")
        ],
    ),
    (
        "gunshots, Results 3, 4.5.2",
        "24_gunshot_end_to_end",
        [
            ("accuracy by session", "text", "end to end", "accuracy"),
            ("operations saved by routing", "text", "cost", "largest reduction"),
        ],
    ),
    (
        "gunshots, Dataset Split",
        "25_gunshot_leakage",
        [
            ("stage 1, by clip", "text", "stage 1", "accuracy"),
            ("end to end, by clip", "text", "end to end", "accuracy"),
        ],
    ),
    ("gunshots, 4.5.3", "26_gunshot_unseen", []),
    ("segmentation, Dataset, Fig. 1", "30_segmentation_data", []),
    (
        "segmentation, Tables 1 and 2, Fig. 2",
        "31_segmentation_unet",
        [
            (
                f"U-Net {how} batch norm, mean IoU",
                "Table 1",
                f"U-net model {how} batchnorm layers",
                "testing IoU",
            )
            for how in ("without", "with")
        ],
    ),
    (
        "segmentation, Tables 1 and 2",
        "32_segmentation_transfer",
        [
            (f"{name}, mean IoU", "Table 1", f"{name} transfer model", "testing IoU")
            for name in ("Efficient Net", "Mobile Net")
        ],
    ),
    ("segmentation, The Model's Architecture", "33_segmentation_sweep", []),
    ("segmentation, Limitations", "34_segmentation_blending", []),
    ("segmentation, Limitations, Future Research", "35_segmentation_cctv", []),
    (
        "retrieval, §III-A to C, Tables I and II",
        "40_retrieval_curation",
        [(f"classes with labeler {k} lowest", "Table I", f"Labeler {k}", "number") for k in (0, 1)],
    ),
    (
        "retrieval, §IV-A, Tables III and IV",
        "41_retrieval_off_the_shelf",
        [("MAC, mAP", "Table III", "VGG", "mAP"), ("MAC, 64 dimensions", "Table IV", "MAC", "mAP, D=64")],
    ),
    ("retrieval, §IV-C, §V-C", "42_retrieval_classify", [("cls, mAP", "Table III", "cls", "mAP")]),
    (
        "retrieval, §V-B, §V-D, Figs 3 and 4",
        "43_retrieval_margins",
        [(f"{name}, mAP", "Table III", name, "mAP") for name in ("retr-s", "retr-d")],
    ),
    (
        "retrieval, Tables III and IV whole",
        "44_retrieval_comparison",
        [
            ("cls + retr-d, mAP", "Table III", "cls + retr-d", "mAP"),
            ("TripletNet, 64 dimensions", "Table IV", "TripletNet", "mAP, D=64"),
        ],
    ),
    ("retrieval, §V-E, Fig. 5", "45_retrieval_browse", []),
    *(
        ("all four, on top", f"{number}_evidence_{name}", [])
        for number, name in enumerate(
            ("likelihood_ratios", "calibration", "abstain", "labels", "batch", "case"), 50
        )
    ),
]

# Marks on real cartridge cases, and the score whose likelihood ratios are shown.
MARKS = {"breech face": "cells", "firing pin": "cells", "aperture shear": "ccf"}

# What the notebooks of evidence measured: notebook, what, its name in the record's metrics, digits.
EVIDENCE = [
    (
        "50_evidence_likelihood_ratios",
        "Cllr, breech face, cells, logistic",
        "Cllr, breech face, cells logistic",
        2,
    ),
    (
        "50_evidence_likelihood_ratios",
        "Cllr, gunshots (same model), calibrated across sessions",
        "Cllr, gunshots, calibrated on other sessions, tested on other sessions",
        2,
    ),
    (
        "50_evidence_likelihood_ratios",
        "the same, calibrated within sessions: worse than saying nothing",
        "Cllr, gunshots, calibrated on the same session, tested on other sessions",
        2,
    ),
    (
        "50_evidence_likelihood_ratios",
        "Cllr, pictures (same class), other firearms",
        "Cllr, pictures, calibrated on other firearms, tested on other firearms",
        2,
    ),
    *(
        ("51_evidence_calibration", f"{what}, {name}{how}", f"{what}, {name}{how}", 2)
        for name in ("cartridge brand", "gunshot category", "pixel of a picture", "class of firearm")
        for what, how in (("temperature", ""), ("ECE", ", as trained"), ("ECE", ", scaled"))
    ),
    *(
        ("52_evidence_abstain", f"{what}, {name}, {how} (promised: 0.9)", f"{what}, {name}, {how}", 2)
        for name in ("cartridge brand", "pixel of a picture")
        for what, how in (
            ("coverage", "all samples"),
            ("coverage, hardest class", "all samples"),
            ("coverage, hardest class", "class by class"),
        )
    ),
    *(
        ("52_evidence_abstain", f"unknown {what}: AUROC, {how}", f"AUROC, {name}, {how}", 2)
        for what, name, how in (
            ("brands", "cartridge brand", "entropy"),
            ("classes", "class of firearm", "entropy"),
            ("models", "gunshot model", "energy"),
        )
    ),
    *(
        (
            "53_evidence_labels",
            f"wrong labels found by 5 % of the looks, {name}",
            f"recall at 5.0% of the looks, {name}",
            2,
        )
        for name in ("cartridge brand", "gunshot model", "class of firearm", "mask of a firearm")
    ),
    (
        "54_evidence_batch",
        "real scans: study named by three roughness numbers, slides held out (chance 0.5)",
        "study told, roughness, all of ROUGH",
        2,
    ),
    *(
        (
            "54_evidence_batch",
            f"real scans: AUC of the outlines alone, {name}",
            f"AUC, outline alone, {name} (real)",
            2,
        )
        for name in ("Fadul", "Weller")
    ),
    (
        "54_evidence_batch",
        "recorder named from clips, sessions held out",
        "batch told, gunshots, recorder",
        2,
    ),
    *(
        ("55_evidence_case", f"Cllr, {name}", f"Cllr, {name}", 2)
        for name in ("marks", "brand", "sound", "photograph", "clip")
    ),
    *(
        (
            "55_evidence_case",
            f"another firearm fired, and yet LR of 10 or more, {how}",
            f"another fired, LR ≥ 10, {how}",
            3,
        )
        for how in ("as reported", "all multiplied")
    ),
]


def kept(folder: Path, name: str) -> None:
    """Put the records of a run folder into one file."""
    records = [json.loads(path.read_text("utf-8")) for path in sorted((folder / "records").glob("*.json"))]
    text = json.dumps(records, indent=1, ensure_ascii=False) + "\n"
    (HERE / f"{name}.json").write_text(text, encoding="utf-8")


def table() -> str:
    """Write the table of paper items as Markdown."""
    from fireanalysis.papers import compare

    records = json.loads((HERE / f"{SHOWN}.json").read_text("utf-8"))
    beside = compare(records).set_index("notebook")
    lines = ["| paper item | notebook | this run, simulated data | paper | networks began from |"]
    lines.append("|---|---|---|---|---|")
    for item, notebook, wanted in ITEMS:
        ours, theirs = [], []
        for what in wanted:
            rows = beside[beside.index == notebook]
            if len(what) == 1:
                rows = rows[rows["table"] == what[0]]
            else:
                rows = rows[
                    (rows["table"] == what[1]) & (rows["row"] == what[2]) & (rows["metric"] == what[3])
                ]
            for row in rows.to_dict("records"):
                digits = 2 if row["unit"] in ("fraction", "1") else 1
                unit = " %" if row["unit"] == "%" else ""
                name = row["row"] if len(what) == 1 else what[0]
                low, high = row["low"], row["high"]
                ends = f" ({low:.{digits}f} to {high:.{digits}f})" if low == low else ""
                ours.append(f"{name}: {row['this run']:.{digits}f}{unit}{ends}")
                theirs.append(f"{row['paper says']:.{digits}f}{unit}")
        weights = beside.loc[beside.index == notebook, "weights"].dropna()
        began = weights.iloc[0] if len(weights) else "–"
        link = f"[`{notebook}`](notebooks/{notebook}.ipynb)"
        cells = [item, link, "<br>".join(ours) or "figures", "<br>".join(theirs) or "–", began]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def splits() -> str:
    """Write the table of what a split of gunshots is worth as Markdown."""
    large = json.loads((HERE / "gunshot_difficulty.json").read_text("utf-8"))
    real = json.loads((HERE / "gunshot_real.json").read_text("utf-8"))["scores"]
    runs = [run["accuracy, low, high (%)"] for run in large["runs"]]
    lines = ["| gunshots | by clip | by session | paper |", "|---|---|---|---|"]
    for label, paper in (("category", f"{large['published (%)']} %"), ("model", "87.31 %")):
        cells = [
            ", ".join(f"{run[f'{label}, by {unit}'][0]} %" for run in runs) for unit in ("clip", "session")
        ]
        lines.append(
            f"| {label}, {large['settings']['clips']:,} simulated clips | {' | '.join(cells)} | {paper} |"
        )
    for what, name in REAL.items():
        cells = [
            f"{real[f'by {unit}'][name]['accuracy (%)']} %" if name in real[f"by {unit}"] else "–"
            for unit in ("clip", "session")
        ]
        lines.append(f"| model of seven, real clips, {what} | {' | '.join(cells)} | – |")
    return "\n".join(lines)


def steps() -> str:
    """Write the table of what makes a segmentation network better as Markdown."""
    kept = json.loads((HERE / "segmentation_best.json").read_text("utf-8"))["steps"]
    tests = {
        "simulated": "simulated photographs",
        "real, plain": "real handguns in real frames, plain",
        "real, blended": "the same, blended",
    }
    lines = [f"| step | {' | '.join(tests.values())} |", f"|---{'|---' * len(tests)}|"]
    *_, last = (name for name in kept if not name.startswith("beside"))
    rows = {name: (result, "") for name, result in kept.items() if not name.startswith("beside")} | {
        "flips averaged": (kept[last], ", flips averaged")
    }
    rows |= {name: (result, "") for name, result in kept.items() if name.startswith("beside")}
    rows["predict nothing"] = (kept[last], ", predict nothing")
    for name, (result, what) in rows.items():
        scores = [result[f"{test}{what}"]["foreground IoU"] for test in tests]
        cells = [f"{value:.2f} ({low:.2f} to {high:.2f})" for value, low, high in scores]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def methods() -> str:
    """Write the table of ways to train for retrieval as Markdown."""
    kept = json.loads((HERE / "retrieval_methods.json").read_text("utf-8"))
    lines = [f"| mAP (%) | {' | '.join(SETS.values())} |", f"|---{'|---' * len(SETS)}|"]
    for kind in ("scores", "gains"):
        names = dict.fromkeys(name for data in SETS for name in kept[data][kind])
        for name in names:
            cells = [_with_seeds(kept[data][kind].get(name)) for data in SETS]
            lines.append(f"| {name if kind == 'scores' else f'gain of {name}'} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _with_seeds(score: dict | None) -> str:
    if score is None:
        return "–"
    value, low, high = score["mAP, low, high (%)"]
    return f"{value:.1f} ({low:.1f} to {high:.1f}); {', '.join(f'{one:.1f}' for one in score['by seed (%)'])}"


def real_costs() -> str:
    """Write the table of what likelihood ratios of real comparison scores cost as Markdown."""
    from fireanalysis.metrics import real_likelihood_ratios

    known = real_likelihood_ratios().query("bounds == 'invariance'")
    splits = ["split1", "split2", "split3", "all weapons"]
    lines = [f"| Cllr | {' | '.join(splits)} | method chosen in training, all weapons |", "|---" * 6 + "|"]
    for mark, score in MARKS.items():
        its = known[known["mark"] == mark]
        rows = its[(its["score"] == score) & (its["method"] == "kde")].set_index("split")
        chosen = its[its["method"] == "chosen in training"].set_index("split")
        cells = [rows.loc[split] for split in splits] + [chosen.loc["all weapons"]]
        shown = [f"{row['Cllr']:.2f} ({row['Cllr low']:.2f} to {row['Cllr high']:.2f})" for row in cells]
        lines.append(f"| {mark} | {' | '.join(shown)} |")
    return "\n".join(lines)


def evidence() -> str:
    """Write the table of what the notebooks of evidence measured as Markdown."""
    records = {r["notebook"]: r for r in json.loads((HERE / f"{SHOWN}.json").read_text("utf-8"))}
    lines = ["| notebook | measured | this run, with 95 % interval | groups drawn |", "|---|---|---|---|"]
    for notebook, what, name, digits in EVIDENCE:
        value, ends = records[notebook]["metrics"][name], records[notebook]["intervals"].get(name)
        shown, groups = f"{value:.{digits}f}", "1: no interval"
        if ends:
            shown += f" ({ends['low']:.{digits}f} to {ends['high']:.{digits}f})"
            groups = ends["groups"]
        lines.append(f"| `{notebook}` | {what} | {shown} | {groups} |")
    return "\n".join(lines)


TABLES = {
    README: {BEGIN: table},
    MORE: {
        BEGIN_SPLITS: splits,
        BEGIN_STEPS: steps,
        BEGIN_METHODS: methods,
        BEGIN_COSTS: real_costs,
        BEGIN_EVIDENCE: evidence,
    },
}


def write() -> None:
    """Put the tables between the marks of their pages."""
    for page, tables in TABLES.items():
        text = page.read_text("utf-8")
        for begin, make in tables.items():
            before, rest = text.split(begin)
            text = f"{before}{begin}\n\n{make()}\n\n{END}{rest.split(END, 1)[1]}"
        page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) == 3:
        kept(Path(sys.argv[1]), sys.argv[2])
    write()
