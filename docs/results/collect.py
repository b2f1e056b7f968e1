"""Keep the records of a run as docs/results/NAME.json, and write README's table of paper items from them.

    python docs/results/collect.py results quick-two-cores     # after: fireanalysis run
    python docs/results/collect.py                             # only write the table again

Numbers in README come from here alone; a test holds the two together.
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
README = HERE.parents[1] / "README.md"
BEGIN, END = "<!-- results: docs/results/collect.py -->", "<!-- end of results -->"
SHOWN = "quick-two-cores"  # the run README's table is about

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
]


def kept(folder: Path, name: str) -> None:
    """Put the records of a run folder into one file."""
    records = [json.loads(path.read_text("utf-8")) for path in sorted((folder / "records").glob("*.json"))]
    text = json.dumps(records, indent=1, ensure_ascii=False) + "\n"
    (HERE / f"{name}.json").write_text(text, encoding="utf-8")


def table() -> str:
    """Write README's table as Markdown."""
    from fireanalysis.papers import compare

    records = json.loads((HERE / f"{SHOWN}.json").read_text("utf-8"))
    beside = compare(records).set_index("notebook")
    lines = ["| paper item | notebook | this run, simulated data | paper | networks began from |"]
    lines.append("|---|---|---|---|---|")
    for item, notebook, wanted in ITEMS:
        ours, theirs = [], []
        for what in wanted:
            rows = beside.loc[[notebook]]
            if len(what) == 1:
                rows = rows[rows["table"] == what[0]]
            else:
                rows = rows[
                    (rows["table"] == what[1]) & (rows["row"] == what[2]) & (rows["metric"] == what[3])
                ]
            for row in rows.to_dict("records"):
                digits = 2 if row["unit"] == "fraction" else 1
                unit = " %" if row["unit"] == "%" else ""
                name = row["row"] if len(what) == 1 else what[0]
                ours.append(f"{name}: {row['this run']:.{digits}f}{unit}")
                theirs.append(f"{row['paper says']:.{digits}f}{unit}")
        weights = beside.loc[[notebook], "weights"].dropna()
        began = weights.iloc[0] if len(weights) else "–"
        cells = [item, f"`{notebook}`", "<br>".join(ours) or "figures", "<br>".join(theirs) or "–", began]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def write() -> None:
    """Put the table between README's marks."""
    text = README.read_text("utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    README.write_text(f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) == 3:
        kept(Path(sys.argv[1]), sys.argv[2])
    write()
