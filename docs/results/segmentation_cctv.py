"""Measure false alarms of a kept network on a firearm-free video, and write them to fireanalysis/metrics/real_cctv.csv.

    python docs/results/segmentation_cctv.py NETWORK VIDEO

NETWORK is what notebook 35 keeps (OUT/segmentation_network.pt). VIDEO is the public one named in ATTRIBUTION; it is no
part of this package.
"""

import sys
from pathlib import Path

import fireanalysis
from fireanalysis import loaders, metrics, training

ATTRIBUTION = "one-by-one-person-detection.mp4, intel-iot-devkit/sample-videos, CC BY 4.0"
THRESHOLDS = (0.5, 0.7, 0.9, 0.97, 0.99)
EVERY = 5  # 10 frames a second: two of them are looked at
COLUMNS = ["threshold", "least_px", "successive", "false_alarms", "an_hour", "an_hour_low", "an_hour_high"]


def main(network: str, video: str) -> None:
    """Write a row a setting."""
    fit = training.load_segmentation_fit(network)
    frames = [(t, image, None) for t, image in loaders.read_frames(video, every=EVERY)]
    fast = training.fastest(fit, frames[0][1])
    watched = training.watch_videos({"video": frames}, fast, thresholds=THRESHOLDS)
    curve = metrics.alarm_curve(*watched, thresholds=THRESHOLDS, least_px=[20, 80], successive=[1, 3])
    table = curve[COLUMNS].round(3)
    table.insert(0, "minutes", (60 * curve["hours"]).round(3))
    table.insert(0, "frames", len(frames))
    about = f"learned from simulated pictures of {fit.pixels} px"
    table["network"] = f"{fit.recipe.network}, weights {fit.weights}, {about}"
    table["video"] = ATTRIBUTION
    table.to_csv(Path(fireanalysis.__file__).parent / "metrics" / "real_cctv.csv", index=False)
    print(table.to_string())


if __name__ == "__main__":
    main(*sys.argv[1:])
