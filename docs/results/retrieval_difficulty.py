"""Are simulated pictures of the web about as difficult as Firearm 14k? One published figure, and what is near it.

    python docs/results/retrieval_difficulty.py STORE

The simulator was set on Table III, row (a): a network off the shelf with MAC has a mAP of 31.1 % on 40 classes. The
same is measured here with EfficientNet-Lite0 (not VGG16, whose weights were not at hand), on the 40 test classes of
5,000 simulated pictures in 167 classes, for three seeds and two sizes of picture. Writes retrieval_difficulty.json
after each run; one that was killed goes on where it was.
"""

import json
import platform
import sys
from pathlib import Path

import torch

from fireanalysis import loaders, metrics, models, training

HERE = Path(__file__).with_name("retrieval_difficulty.json")
SEEDS, LONGER, PICTURES, CLASSES, PUBLISHED = (0, 1, 2), (224, 128), 5000, 167, 31.1


def measured(seed: int, longer: int, store: str) -> dict[str, object]:
    """Describe the test part with a network that learned from photographs only, and search in it."""
    data = loaders.load_retrieval(pictures=PICTURES, classes=CLASSES, seed=seed)
    test = loaders.keep_sized(loaders.split_classes(data, seed=seed)["test"], store=store, longer=longer)
    queries, database = loaders.query_and_database(test)
    model = models.embedder("efficientnet_lite0", pooling="mac", weights="imagenet")
    q, d = (training.embed(model, part, longer=longer, store=store) for part in (queries, database))
    table = metrics.retrieval_table(q, queries.labels, d, database.labels)
    found = metrics.retrieval_summary(table, seed=seed)
    percent = {name: [round(100 * v, 1) for v in (i.value, i.low, i.high)] for name, i in found.items()}
    return {"seed": seed, "longer": longer, "queries": len(q), "database": len(d), **percent}


def main(store: str) -> None:
    """Measure what is not yet measured."""
    torch.set_num_threads(1)
    runs = json.loads(HERE.read_text("utf-8"))["runs"] if HERE.exists() else []
    for longer in LONGER:
        for seed in SEEDS:
            if any((run["seed"], run["longer"]) == (seed, longer) for run in runs):
                continue
            runs.append(measured(seed, longer, store))
            content = {
                "what": "MAC off the shelf on simulated pictures against Table III, row (a), VGG16; value, 95 % limits",
                "source": "simulated",
                "network": "efficientnet_lite0, ImageNet weights, MAC of the last stage",
                "published mAP (%)": PUBLISHED,
                "runs": runs,
                "device": f"{platform.machine()} CPU",
                "versions": {"python": platform.python_version(), "torch": torch.__version__},
            }
            HERE.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
