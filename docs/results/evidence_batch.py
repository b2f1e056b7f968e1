"""Compare the public scans once more, all cut to one outline: what is left of the score where no outline can help.

    python docs/results/evidence_batch.py FOLDER

FOLDER holds fadul/ and weller/ (CC BY 4.0, `fireanalysis fetch cartridge-fadul cartridge-weller`). Writes
fireanalysis/metrics/real_outlines.csv: a number a pair, no scan. A minute on one core.
"""

import sys
from pathlib import Path

import pandas as pd

from fireanalysis import metrics
from fireanalysis.loaders import read_surface
from fireanalysis.transforms import compare_surfaces, comparison_map


def main(folder: Path) -> None:
    """Cut, compare, write."""
    discs = {}
    for path in sorted(folder.glob("fadul/*.x3p")) + sorted(folder.glob("weller/*.x3p")):
        scan = read_surface(path)
        discs[path.stem] = metrics.common_disc(
            comparison_map(scan.heights_um, pixel_size_um=scan.pixel_size_um)
        )
    pairs = metrics.real_comparisons().query("keep == 1 and noise_um == 0 and angle_deg == 0")
    rows = [
        (one, other, compare_surfaces(discs[one], discs[other], most_shift_um=150.0).score)
        for one, other in zip(pairs["reference"], pairs["questioned"], strict=True)
    ]
    table = pd.DataFrame(rows, columns=["reference", "questioned", "disc"])
    target = Path(metrics.__file__).parent / "real_outlines.csv"
    table.to_csv(target, index=False, float_format="%.3f")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
