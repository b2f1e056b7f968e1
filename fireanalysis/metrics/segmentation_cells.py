"""How good a mask can be at all that is made of square cells: a bound for networks that answer cell by cell."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fireanalysis.errors import DataError
from fireanalysis.transforms.arrays import whole


def best_cell_masks(truth: ArrayLike, *, cell_px: int) -> NDArray[np.bool_]:
    """Choose, of all masks made of whole square cells, those of the greatest pooled foreground IoU.

    Parameters
    ----------
    truth : bool (n, h, w)
    cell_px : int
        Side of a cell, a divisor of both sides of the masks: 32 for an encoder that halves five times.

    Returns
    -------
    bool (n, h, w)
        Cells are chosen with all pictures in view, as the pooled IoU wants it: nothing that answers cell by cell
        scores higher on them.

    Raises
    ------
    DataError
        If the masks are not bool (n, h, w), hold no foreground, or do not fall into whole cells.
    ParameterError
        For a cell below one pixel.

    Notes
    -----
    All cells are of one size, so for a given number of cells those with most foreground are the best: only the
    number is searched.

    Examples
    --------
    >>> truth = np.zeros((1, 4, 4), bool)
    >>> truth[0, 0, :3] = truth[0, 1, 0] = True
    >>> best_cell_masks(truth, cell_px=2)[0].astype(int).tolist()  # IoU 3/5 with one cell, 4/8 with two
    [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    """
    masks, where = np.asarray(truth), "best_cell_masks"
    cell = whole(cell_px, name="cell_px", where=where, least=1, most=2**14)
    if masks.ndim != 3 or masks.dtype != bool or not masks.any():
        what = (
            f"the masks are {masks.dtype} {masks.shape}, {int(np.count_nonzero(masks))} pixels of foreground"
        )
        raise DataError(what, where=where, do="pass bool (n, h, w) with some foreground")
    pictures, rows, columns = masks.shape
    if rows % cell or columns % cell:
        what = f"{rows} x {columns} pixels do not fall into cells of {cell}"
        raise DataError(what, where=where, do="pass a cell_px that divides both")
    hits = masks.reshape(pictures, rows // cell, cell, columns // cell, cell).sum((2, 4))
    order = np.argsort(-hits, axis=None, kind="stable")
    found = np.cumsum(hits.ravel()[order])
    area = cell**2 * np.arange(1, hits.size + 1)
    best = int(np.argmax(found / (found[-1] + area - found)))
    chosen = np.zeros(hits.size, bool)
    chosen[order[: best + 1]] = True
    return chosen.reshape(hits.shape).repeat(cell, axis=1).repeat(cell, axis=2)
