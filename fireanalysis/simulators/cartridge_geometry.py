"""Where the marks of a fired primer lie on the millimetre plane.

The *scan frame* has its origin at the primer's middle, x along columns and y along rows. The *firearm frame*
is turned by the shot's orientation and shifted by the play of the cartridge in the chamber: in it a firearm's
marks lie at the same place whatever the shot.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from .cartridge_brands import brand_index, draw_parameters
from .cartridge_parameters import CALIBERS, fixed
from .fields import grid_field, octave_weights
from .hashing import key


@dataclass(frozen=True)
class Rows:
    """Parameters and keys of some cartridge cases on a device.

    Attributes
    ----------
    values : dict of Tensor, float32 (n, 1, 1)
        Parameters by name; angles in radians.
    keys : dict of Tensor, int64 (n,)
        Keys of the random fields of each firearm, production batch, ammunition and shot.
    """

    values: dict[str, Tensor]
    keys: dict[str, Tensor]

    def __getitem__(self, name: str) -> Tensor:
        return self.values[name]

    def __len__(self) -> int:
        return len(self.keys["shot"])

    @property
    def device(self) -> torch.device:
        """Where the tensors are."""
        return self.keys["shot"].device

    def part(self, start: int, stop: int) -> "Rows":
        """Rows from start to before stop."""
        return Rows(
            {name: value[start:stop] for name, value in self.values.items()},
            {name: value[start:stop] for name, value in self.keys.items()},
        )

    def key(self, entity: str, number: int) -> Tensor:
        """Key of one of an entity's fields."""
        return (self.keys[entity] + number * 0x1D2B79F5) & 0xFFFFFFFF


@dataclass(frozen=True)
class Grid:
    """Middles of the pixels in the scan frame, in millimetres."""

    rows_mm: NDArray[np.float64]
    columns_mm: NDArray[np.float64]
    pixel_mm: float

    @classmethod
    def centred(cls, pixels: int, field_mm: float) -> "Grid":
        """Square of pixels round the primer's middle."""
        axis = ((np.arange(pixels) + 0.5) / pixels - 0.5) * field_mm
        return cls(axis, axis, field_mm / pixels)

    def axes(self, device: torch.device) -> tuple[Tensor, Tensor]:
        """Columns (1, 1, columns) and rows (1, rows, 1)."""
        x, y = (torch.from_numpy(axis.astype(np.float32)) for axis in (self.columns_mm, self.rows_mm))
        return x.to(device)[None, None, :], y.to(device)[None, :, None]


@dataclass(frozen=True)
class Geometry:
    """What lies where; every field is a Tensor, float32 (n, rows, columns).

    Attributes
    ----------
    x, y : firearm frame, mm
    radius : distance from the primer's middle, mm
    pin, aperture : distance from the mark's middle in units of its edge; below 1 is inside
    pin_across : distance from the impression's long axis in units of its half width
    pin_distance : distance from the impression's middle, mm
    drag : depth of the drag mark relative to its start, 0 outside
    drag_across : distance from the drag mark's middle line, mm
    shear : 0 to 1 within the aperture shear
    shear_across : distance across the shear, mm
    contact : 0 to 1, how fully the breech face was imprinted
    """

    x: Tensor
    y: Tensor
    radius: Tensor
    pin: Tensor
    pin_across: Tensor
    pin_distance: Tensor
    aperture: Tensor
    drag: Tensor
    drag_across: Tensor
    shear: Tensor
    shear_across: Tensor
    contact: Tensor


def prepare(table: pd.DataFrame, *, device: torch.device, aligned: bool) -> Rows:
    """Draw the parameters of a table's rows and put them on a device; aligned leaves orientation out."""
    drawn = draw_parameters(table)
    if aligned:
        drawn["rotation"] = np.zeros(len(table))
    sizes = [CALIBERS[caliber] for caliber in table["caliber"]]
    drawn["primer_radius"] = np.array([size.primer_mm / 2 for size in sizes])
    drawn["rim_radius"] = np.array([size.rim_mm / 2 for size in sizes])
    drawn["pressure"] = drawn["pressure"] * drawn["softness"] * [size.pressure for size in sizes]
    for name in drawn:
        if name.endswith(("angle", "direction")) or name == "rotation":
            drawn[name] = np.deg2rad(drawn[name])
    keys = _keys(table)
    return Rows(
        {
            name: torch.from_numpy(each.astype(np.float32)).to(device)[:, None, None]
            for name, each in drawn.items()
        },
        {name: torch.from_numpy(each).to(device) for name, each in keys.items()},
    )


def geometry(rows: Rows, grid: Grid) -> Geometry:
    """Place the marks of each row on the grid."""
    x, y = firearm_frame(rows, grid)
    radius = primer_distance(rows, grid)
    wider = (rows["softness"] * rows["pressure"]).pow(
        0.15
    )  # the deeper a rounded tip goes in, the wider it is
    pin_x, pin_y = x - rows["pin_x"], y - rows["pin_y"]
    pin, pin_across = _outline(rows, pin_x, pin_y, "pin", rows["pin_radius"] * wider)
    aperture, _ = _outline(
        rows, x - rows["aperture_x"], y - rows["aperture_y"], "aperture", rows["aperture_radius"]
    )
    drag, drag_across = _drag(rows, pin_x, pin_y)
    shear, shear_across = _shear(rows, x, y, aperture)
    return Geometry(
        x=x,
        y=y,
        radius=radius,
        pin=pin,
        pin_across=pin_across,
        pin_distance=(pin_x.square() + pin_y.square()).sqrt_(),
        aperture=aperture,
        drag=drag,
        drag_across=drag_across,
        shear=shear,
        shear_across=shear_across,
        contact=_contact(rows, grid, radius),
    )


def firearm_frame(rows: Rows, grid: Grid) -> tuple[Tensor, Tensor]:
    """Position of each pixel in the firearm frame, mm."""
    columns, lines = grid.axes(rows.device)
    cos, sin = rows["rotation"].cos(), rows["rotation"].sin()
    return cos * columns + sin * lines - rows["shift_x"], cos * lines - sin * columns - rows["shift_y"]


def primer_distance(rows: Rows, grid: Grid) -> Tensor:
    """Distance of each pixel from the primer's middle, mm."""
    columns, lines = grid.axes(rows.device)
    return (columns.square() + lines.square()).sqrt_().expand(len(rows), -1, -1)


_SHOT_FIELDS = {  # number and octave weights of the fields that each shot has in the scan frame
    "form": (1, (0.8, 0.6)),
    "patches": (2, (0.0, 0.0, 0.7, 0.6, 0.4)),
    "spots": (3, (0.0, 0.0, 0.0, 0.0, 0.6, 0.6, 0.53)),
    "fine": (4, octave_weights(0.05, coarse=0.6, fine=0.9)),
}


def shot_field(rows: Rows, grid: Grid, name: str) -> Tensor:
    """One of the shot's random fields in the scan frame, of variance 1."""
    number, weights = _SHOT_FIELDS[name]
    return grid_field(
        rows.key("shot", number),
        torch.tensor(weights, device=rows.device).expand(len(rows), -1),
        rows_mm=grid.rows_mm,
        columns_mm=grid.columns_mm,
        pixel_mm=grid.pixel_mm,
    )


def _keys(table: pd.DataFrame) -> dict[str, NDArray[np.int64]]:
    market, firearm = table["catalogue_seed"].to_numpy(), table["firearm_seed"].to_numpy()
    batch = key(firearm, "batch") % int(fixed("production_batches"))
    return {
        "firearm": key(firearm, "field"),
        "batch": key(market, "batch", brand_index(table["true_brand"]), table["sub_model"].to_numpy(), batch),
        "ammunition": key(market, "ammunition", table["ammunition"].to_numpy()),
        "shot": key(table["seed"].to_numpy(), "field"),
    }


def _outline(rows: Rows, x: Tensor, y: Tensor, mark: str, half: Tensor) -> tuple[Tensor, Tensor]:
    """Distance in units of an outline, ellipse to rounded rectangle, and distance from its long axis."""
    stretch = rows[f"{mark}_elongation"].sqrt()
    cos, sin = rows["pin_angle"].cos(), rows["pin_angle"].sin()  # pin and aperture are made in one setting
    long = ((cos * x + sin * y) / (half * stretch)).square_()
    short = ((cos * y - sin * x) * (stretch / half)).square_()
    ellipse = (long + short).sqrt_()
    rectangle = (long.square().square_() + short.square().square_()).sqrt_().sqrt_().sqrt_()
    return torch.lerp(ellipse, rectangle, rows[f"{mark}_squareness"].expand_as(x)), short.sqrt_()


def _drag(rows: Rows, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Groove that starts at the impression and gets shallower and narrower."""
    cos, sin = rows["drag_angle"].cos(), rows["drag_angle"].sin()
    along, across = cos * x + sin * y, cos * y - sin * x
    reach = rows["pin_radius"] + rows["drag_length"].clamp(min=0)
    end = (along / reach).clamp_(0, 1)
    width = 0.55 * rows["pin_radius"] * (1 - 0.5 * end)
    inside = 1 - (across / width).square_() - ((along - end * reach) / width).square_()
    return inside.clamp_(min=0).mul_(1 - end).mul_(rows["drag_length"] > 0), across


def _shear(rows: Rows, x: Tensor, y: Tensor, aperture: Tensor) -> tuple[Tensor, Tensor]:
    """Band outside the aperture's edge on the side the barrel drops to."""
    cos, sin = rows["shear_angle"].cos(), rows["shear_angle"].sin()
    along, across = cos * x + sin * y, cos * y - sin * x
    beyond = (aperture - 1) * (rows["aperture_radius"] / rows["shear_length"].clamp(min=0.02))
    band = (1 - (2 * beyond - 1).square_()).clamp_(min=0)
    side = (1.6 * along / (along.square() + across.square() + 1e-6).sqrt_() - 0.6).clamp_(min=0)
    return band.mul_(side).mul_(rows["shear_length"] > 0), across


def _contact(rows: Rows, grid: Grid, radius: Tensor) -> Tensor:
    columns, lines = grid.axes(rows.device)
    direction = rows["contact_direction"]
    level = rows["contact"] + rows["contact_tilt"] * (direction.cos() * columns + direction.sin() * lines)
    level += rows["contact_patches"] * shot_field(rows, grid, "patches")
    # The cup's rounded edge does not reach the breech face.
    level -= 1.5 * ((radius - rows["primer_radius"] + rows["cup_edge"]) / rows["cup_edge"]).clamp_(min=0)
    level.clamp_(0, 1)
    return level.square() * (3 - 2 * level)
