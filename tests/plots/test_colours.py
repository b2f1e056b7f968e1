"""Colours tell classes apart for who sees fewer of them, and none comes from elsewhere than the house's list."""

import ast
import itertools
import re
from pathlib import Path

import numpy as np
import plotly.colors
import plotly.graph_objects as go
import pytest
from numpy.typing import NDArray
from PIL import ImageColor
from skimage.color import deltaE_ciede2000, rgb2lab

import fireanalysis
from fireanalysis.plots import style
from fireanalysis.plots.raster import MEANINGS
from fireanalysis.plots.retrieval_grid import FRAMES

PACKAGE = Path(fireanalysis.__file__).parent
# What red, green and blue light become for who lacks one kind of cone: Machado, Oliveira and Fernandes, "A
# physiologically-based model for simulation of color vision deficiency" (2009), Table 1, severity 1.0.
SEEN_AS = {
    "all cones": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
# CIEDE2000 between any two of the eight. Measured for Okabe and Ito's: 21.7 with all cones, 12.2 protanopia, 11.6
# deuteranopia, 10.9 tritanopia. A difference of about 1 is just seen side by side; the margin is for small
# marks apart. What it guards: no colour is exchanged for one that somebody takes for another.
LEAST = 10.0
# Pairs that stand for opposites; measured least: 18.2 (right and wrong, protanopia).
LEAST_OPPOSITE = 18.0
OPPOSITES = {
    "this run and the other": (style.CLASS_COLOURS[0], style.CLASS_COLOURS[1]),
    "right and wrong": (FRAMES["right"], FRAMES["wrong"]),
    "pairs of one class and of two, at rest": style.PALE_COLOURS,
}
ORDERED = ["Viridis", "Magma", "Greys", "YlOrRd", "Blues"]


def seen(colours: NDArray[np.float64], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """CIE L*a*b* of sRGB colours (n, 3; 0 to 1), as seen with fewer cones; the matrix works on linear light."""
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    left = np.clip(linear @ matrix.T, 0, 1)
    encoded = np.where(left <= 0.0031308, 12.92 * left, 1.055 * left ** (1 / 2.4) - 0.055)
    return rgb2lab(encoded[None])[0]


def rgb(colours: tuple[str, ...]) -> NDArray[np.float64]:
    return np.array([plotly.colors.hex_to_rgb(colour) for colour in colours]) / 255


def scale(name: str) -> NDArray[np.float64]:
    sampled = plotly.colors.sample_colorscale(name, np.linspace(0, 1, 33))
    return np.array([plotly.colors.unlabel_rgb(colour) for colour in sampled]) / 255


@pytest.mark.parametrize("name", SEEN_AS)
def test_class_colours_are_told_apart(name: str) -> None:
    lab = seen(rgb(style.CLASS_COLOURS), SEEN_AS[name])
    pairs = {pair: deltaE_ciede2000(*lab[list(pair)]) for pair in itertools.combinations(range(len(lab)), 2)}
    nearest = min(pairs, key=pairs.__getitem__)
    assert pairs[nearest] >= LEAST, [style.CLASS_COLOURS[at] for at in nearest]


@pytest.mark.parametrize("pair", OPPOSITES)
@pytest.mark.parametrize("name", SEEN_AS)
def test_opposites_are_far_apart(name: str, pair: str) -> None:
    assert deltaE_ciede2000(*seen(rgb(OPPOSITES[pair]), SEEN_AS[name])) >= LEAST_OPPOSITE


def test_the_measure_sees_a_pair_that_fewer_cones_do_not() -> None:
    red_green = rgb(("#e41a1c", "#4daf4a"))  # of a palette that is not made for this
    assert deltaE_ciede2000(*seen(red_green, SEEN_AS["all cones"])) > 60
    assert deltaE_ciede2000(*seen(red_green, SEEN_AS["deuteranopia"])) < 30
    grey = rgb(("#808080",))
    for matrix in SEEN_AS.values():
        assert np.allclose(seen(grey, matrix)[0, 1:], 0, atol=1.0)  # grey stays grey


@pytest.mark.parametrize("name", ORDERED)
@pytest.mark.parametrize("cones", SEEN_AS)
def test_ordered_maps_are_ordered_by_lightness(cones: str, name: str) -> None:
    steps = np.diff(seen(scale(name), SEEN_AS[cones])[:, 0])
    assert np.all(steps > 0) or np.all(steps < 0)


@pytest.mark.parametrize("cones", SEEN_AS)
def test_the_signed_map_is_light_at_zero_and_its_ends_differ(cones: str) -> None:
    lab = seen(scale("RdBu"), SEEN_AS[cones])
    assert np.all(np.diff(lab[:17, 0]) > 0)
    assert np.all(np.diff(lab[16:, 0]) < 0)
    assert deltaE_ciede2000(lab[4], lab[-5]) >= LEAST_OPPOSITE


def test_maps_by_meaning_are_among_those() -> None:
    assert {colours.removesuffix("_r") for colours, *_ in MEANINGS.values()} <= {*ORDERED, "RdBu"}


def test_a_trace_without_a_colour_takes_one_of_ours() -> None:
    assert style.finish(go.Figure(), "Which?").layout.colorway == style.CLASS_COLOURS


@pytest.mark.parametrize(
    "path",
    sorted(PACKAGE.glob("plots/*.py")) + sorted(PACKAGE.glob("widgets/*.py")),
    ids=lambda path: path.stem,
)
def test_colours_come_from_the_style(path: Path) -> None:
    if path.stem != "style":
        assert strays(path.read_text(encoding="utf-8")) == []


def test_strays_are_seen() -> None:
    program = (
        "a = {'line': '#0072b2'}\nb = f'rgba(1, 2, 3, {x})'\nc = 'crimson'\nd = 'rgba(0,0,0,0.4)', 'white'"
    )
    assert sorted(strays(program)) == ["#0072b2", "crimson", "rgba(1, 2, 3, "]


def strays(program: str) -> list[str]:
    """Find colours written into code; black, white and their shades of transparency say nothing of a class."""
    plain = {"white", "black"} | {name for name in ImageColor.colormap if not name.isalpha()}
    found = []
    for node in ast.walk(ast.parse(program)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            coded = re.search(r"#[0-9a-fA-F]{6}\b|(?:rgb|hsl)a?\( *\d", node.value)
            black = re.fullmatch(r"rgba\((?:0, ?){3}[\d.]+\)", node.value)
            if (coded and not black) or node.value in set(ImageColor.colormap) - plain:
                found.append(node.value)
    return found
