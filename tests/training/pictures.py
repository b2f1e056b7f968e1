"""Dark squares on noise: pictures in which a network learns to find something within seconds."""

import numpy as np
import pandas as pd

from fireanalysis.loaders import DataSet, Example


def squares(rows: pd.DataFrame) -> list[Example]:
    """A dark square of 20 pixels on noise of 64, or none where `empty`."""
    examples = []
    for number, empty in zip(rows["number"], rows["empty"], strict=True):
        rng = np.random.default_rng(number)
        image = rng.integers(100, 256, (64, 64, 3), dtype=np.uint8)
        mask = np.zeros((64, 64), bool)
        if not empty:
            top, left = rng.integers(0, 44, 2)
            mask[top : top + 20, left : left + 20] = True
            image[mask] //= 4
        examples.append(Example(image, mask))
    return examples


def pictures(count: int, *, first: int = 0, empty: bool = False) -> DataSet[Example]:
    table = pd.DataFrame({"number": range(first, first + count), "empty": empty, "type": "rifle"})
    table["background"] = table["number"]
    return DataSet(table, squares, "type", "background", "simulated", f"squares from {first}")
