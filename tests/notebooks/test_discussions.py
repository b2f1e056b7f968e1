"""What the worked answers say of the recorded run is what docs/results/quick-two-cores.json holds."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
KEPT = json.loads((ROOT / "docs/results/quick-two-cores.json").read_text(encoding="utf-8"))


class Measured(NamedTuple):
    """One number of the recorded run, with its interval."""

    value: float
    low: float
    high: float

    def holds(self, level: float = 0.0) -> bool:
        return self.low <= level <= self.high


class Record(dict[str, Measured]):
    """All numbers of one notebook's recorded run."""

    def __init__(self, notebook: str) -> None:
        (kept,) = [one for one in KEPT if one["notebook"].startswith(notebook)]
        for name, value in kept["metrics"].items():
            ends = kept["intervals"].get(name, {"low": value, "high": value})
            self[name] = Measured(value, ends["low"], ends["high"])

    def of(self, part: str) -> list[Measured]:
        """All numbers with these words in their name."""
        return [one for name, one in self.items() if part in name]


def fewer_by_sample(r: Record) -> bool:
    start, end = "found at as many looks, gunshot", "whole groups, any class"
    category, model = (f"{start} {kind}, {end}" for kind in ("category", "model"))
    fewer = r[f"{category}, flexible, leaky"].value < 0.6 * r[f"{category}, flexible, by group"].value
    return fewer and r[f"{model}, linear, leaky"].value >= r[f"{model}, linear, by group"].value


def hmm_against_gmm(r: Record) -> bool:
    with_lpc, with_mfcc = (
        r[f"accuracy (%), category, {kind}, HMM"].value - r[f"accuracy (%), category, {kind}, GMM"].value
        for kind in ("LPC", "MFCC")
    )
    return with_lpc > 0 > with_mfcc


def best_sigmas(r: Record) -> bool:
    best = {
        kind: max((1, 2, 3, 4), key=lambda s: r[f"accuracy (%), {kind} heights, sigma {s}"].value)
        for kind in ("float", "8-bit")
    }
    rest = r["accuracy (%), float heights, sigma 3"].holds(r["accuracy (%), float heights, sigma 1"].value)
    return best == {"float": 1, "8-bit": 2} and rest


CLAIMS: list[tuple[str, str, Callable[[Record], bool]]] = [
    (
        "00",
        "in the recorded run the two intervals overlap",
        lambda r: r["accuracy, split by case (leaky)"].low < r["accuracy, split by firearm"].high,
    ),
    (
        "10",
        "the error is about a third of it",
        lambda r: (
            0.25 < r["photometric stereo error (µm)"].value / r["roughness Sq, median (µm)"].value < 0.45
        ),
    ),
    (
        "11",
        "no point of the float map is undefined even at the smallest σ",
        lambda r: r["undefined share, float, smallest sigma"].value == 0,
    ),
    ("12", "σ = 1 is best on float heights and σ = 2 on 8-bit ones", best_sigmas),
    (
        "13",
        "the plain forest is not behind any of the four rows",
        lambda r: (
            r["accuracy (%), no network: RF, 16 × 16 heights"].value
            >= max(one.value for one in (*r.of("SVM, S"), *r.of("SVM, H"), *r.of("RF, S"), *r.of("RF, H")))
        ),
    ),
    (
        "13",
        "lead by more than chance with the random forest and not with the support vector machine",
        lambda r: (
            r["heights − shape index, RF (points)"].low > 0
            and r["heights − shape index, SVM (points)"].holds()
        ),
    ),
    (
        "14",
        "both criteria chose the same value",
        lambda r: r["gamma by lowest validation loss"].value == r["gamma by lowest cross-entropy"].value,
    ),
    (
        "15",
        "accuracy does not gain, and the rise of plain cross-entropy is not clear of 0",
        lambda r: (
            r["change of accuracy (points)"].low <= 0
            and r["change of cross-entropy"].holds()
            and r["change of loss"].low > 0
        ),
    ),
    ("15", "make the loss *fall*", lambda r: r["change by cases right in both"].high < 0),
    (
        "16",
        "an odd angle takes the commonest brand's recall to nothing and gives the rarest one half",
        lambda r: (
            r["recall turned by 10 to 80°, commonest brand"].value < 0.1
            and r["recall turned by 10 to 80°, rarest brand"].value > 0.4
        ),
    ),
    (
        "16",
        "a leak with an interval just above 0",
        lambda r: (
            0 < r["leak, 8 cases a firearm"].low < 0.05
            and r["by cartridge minus by firearm, two trainings"].holds()
        ),
    ),
    (
        "17",
        "whose interval lies above the shuffled one's, and not for occlusion",
        lambda r: (
            r["gain on marks, guided Grad-CAM, low"].value
            > r["gain on marks, guided Grad-CAM, shuffled, high"].value
            and r["gain on marks, occlusion, low"].value < r["gain on marks, occlusion, shuffled, high"].value
        ),
    ),
    (
        "20",
        "some pairs of copies lay in different parts *although* the split was by session",
        lambda r: r["of these, parted by the split by session"].value > 0,
    ),
    (
        "21",
        "worth more than fifty points to each of the four classifiers",
        lambda r: all(one.value > 50 for one in r.of("small set by clip minus by session")),
    ),
    ("21", "the HMM is ahead of the GMM with LPC and behind it with MFCC", hmm_against_gmm),
    (
        "22",
        "training is far ahead of validation by session",
        lambda r: r["training ahead of validation at it (points)"].low > 20,
    ),
    (
        "23",
        "F1 goes clearly with training *clips*, and its correlation with sessions is not told from 0",
        lambda r: (
            r["rank correlation of F1 with training clips"].low > 0
            and r["rank correlation of F1 with training sessions"].holds()
        ),
    ),
    (
        "24",
        "both differences to the flat network point to two stages and hold 0",
        lambda r: all(r[f"{way} − flat (points)"].holds() for way in ("hard", "soft")),
    ),
    (
        "24",
        "it is clearly above, and more than half of the clips are misrouted",
        lambda r: r["perfect − hard (points)"].low > 0 and r["misrouted (%)"].value > 50,
    ),
    (
        "26",
        "No recorded AUROC of stage one excludes 0.5",
        lambda r: all(one.holds(0.5) for one in r.of("AUROC, stage one")),
    ),
    (
        "31",
        "lifts the foreground IoU by an amount clear of 0",
        lambda r: r["averages taken anew: gain in foreground IoU"].low > 0,
    ),
    (
        "32",
        "about a point on composites, clear of 0, and nothing that can be told from 0 on photographs",
        lambda r: (
            r["transfer, held-out composites (points)"].low > 0
            and r["transfer, photographed, six ways (points)"].holds()
        ),
    ),
    (
        "32",
        "the frozen networks reach about a tenth of what cells would allow",
        lambda r: (
            r["EfficientNet-Lite0, foreground IoU, composites"].value
            < 0.2 * r["best mask of cells, held-out composites"].value
        ),
    ),
    (
        "33",
        "the activation has the largest reach, a few times that of the seeds, and a *p* near one half",
        lambda r: (
            r["activation, reach (points)"].value > 2 * r["seeds, reach (points)"].value
            and r["activation, p"].value > 0.2
        ),
    ),
    (
        "33",
        "the largest share of silent units stands in the row of a leaky ReLU",
        lambda r: max((n for n in r if n.endswith("silent units (%)")), key=lambda n: r[n].value).startswith(
            "leaky"
        ),
    ),
    (
        "34",
        "with a third of empty pictures the false alarms on bare backgrounds are as many",
        lambda r: (
            r["simulated: false alarms, plain, a third without firearm on background alone (%)"].value
            >= r["simulated: false alarms, plain on background alone (%)"].low
        ),
    ),
    (
        "35",
        "even the lower end of its interval is above it",
        lambda r: r["false alarms an hour, other half"].low > 60,
    ),
    (
        "40",
        "The recorded run has it on both sides of 0",
        lambda r: r["weights of this run: gain in F1"].holds(),
    ),
    (
        "41",
        "each of the three differences holds 0",
        lambda r: all(one.holds() for one in r.of("MAC minus")) and len(r.of("MAC minus")) == 3,
    ),
    (
        "42",
        "the gain on test classes holds 0",
        lambda r: r["mAP gain, test"].holds(),
    ),
    (
        "42",
        "both intervals hold 0 with five and ten classes",
        lambda r: all(one.holds() for one in r.of("taught validation classes")),
    ),
    (
        "43",
        "In the recorded run both stand at the same place",
        lambda r: (
            abs(
                r["short, mAP gain over cls: two margins"].value
                - r["short, mAP gain over cls: one margin, shorter steps"].value
            )
            < 0.005
        ),
    ),
    (
        "44",
        "the triplet network is *ahead* of the paper's best by several points, clear of 0",
        lambda r: r["gain, ours over TripletNet (points)"].high < 0,
    ),
    (
        "45",
        "the published way gains with an interval above 0 and the user's way does not",
        lambda r: (
            r["gain in mAP, k-reciprocal, as published"].low > 0
            and r["gain in mAP, as chosen, one at a time"].holds()
        ),
    ),
    (
        "50",
        "costs more than 1 bit on new sessions, with its whole interval",
        lambda r: r["Cllr, gunshots, calibrated on the same session, tested on other sessions"].low > 1,
    ),
    (
        "51",
        "that holds for gunshots and pixels, while for brands and classes of firearms 1 is within the band",
        lambda r: (
            all(r[f"temperature, {of}"].low > 1 for of in ("gunshot category", "pixel of a picture"))
            and all(r[f"temperature, {of}"].holds(1) for of in ("cartridge brand", "class of firearm"))
        ),
    ),
    (
        "52",
        "the intervals of all rows hold 0.5, in all three sets",
        lambda r: all(one.holds(0.5) for one in r.of("AUROC, ")),
    ),
    (
        "52",
        "where the box by scene is more than twice as wide",
        lambda r: (
            r["spread of coverage (points), pixel of a picture, groups dealt"].value
            > 2 * r["spread of coverage (points), pixel of a picture, samples dealt"].value
        ),
    ),
    ("53", "finds about half as many errors of whole sessions", fewer_by_sample),
    (
        "54",
        "no AUC of the surface below 1 in any class of outlines",
        lambda r: all(one.value == 1 for one in r.of("AUC of surfaces")),
    ),
    (
        "55",
        "about one made-up case in a hundred reaches an LR of 10 for the wrong firearm as reported",
        lambda r: 0.004 < r["another fired, LR ≥ 10, as reported"].value < 0.02,
    ),
    ("55", "the clip's LRs cost more than 1 bit there", lambda r: r["Cllr, clip"].value > 1),
]


def discussion(number: str) -> str:
    (path,) = (ROOT / "notebooks/solutions").glob(f"{number[0]}0_*.ipynb")
    cells = nbformat.read(path, as_version=4).cells
    prose = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    sections = re.split(r"^## (\d\d) · .*$", prose, flags=re.M)[1:]
    section = dict(zip(sections[::2], sections[1::2], strict=True))[number]
    return section.split("**What would change your mind?** ")[1].split("\n\n")[0]


@pytest.mark.parametrize(
    ("number", "sentence", "holds"), CLAIMS, ids=[f"{n}: {text[:40]}" for n, text, _ in CLAIMS]
)
def test_what_is_said_of_the_recorded_run_is_in_it(
    number: str, sentence: str, holds: Callable[[Record], bool]
) -> None:
    assert sentence in discussion(number)
    assert holds(Record(number)), f"{number}: the record says otherwise; mend the worked answers"
