"""Heights of a fired primer: the cup, what the firearm pressed into it, and what the scan makes of it."""

import torch
from torch import Tensor

from .cartridge_geometry import Geometry, Grid, Rows, geometry, shot_field
from .cartridge_parameters import fixed
from .fields import (
    PROFILE_PERIOD_MM,
    SPACINGS_MM,
    look_up,
    profile_frequencies,
    profiles,
    turned_field,
)
from .hashing import mix

_EXTENT_MM = 2.5  # granular texture is made for a little more than the small primers


def heights(rows: Rows, grid: Grid) -> Tensor:
    """Heights above the case head in micrometres (n, rows, columns), NaN where nothing is measured."""
    place = geometry(rows, grid)
    tool_marks = breech_face(rows, place.x, place.y, grid)
    spots = shot_field(rows, grid, "spots")
    primer = _cup(rows, place) + _firearm_marks(rows, place, grid, tool_marks, spots)
    head = brass(rows, place.radius, grid, tool_marks)
    surface = torch.where(place.radius < rows["primer_radius"], primer, head)
    return scanned(rows, grid, surface, place.contact, spots)


def scanned(rows: Rows, grid: Grid, surface: Tensor, contact: Tensor | float, spots: Tensor) -> Tensor:
    """Add what comes after firing: texture left on the metal, residue, noise, form error, missing points."""
    left = rows["noise"] + rows["roughness"] * (1 - fixed("ironed") * contact)
    surface = surface + left * shot_field(rows, grid, "fine")
    surface += rows["debris"] * (spots - fixed("debris_threshold")).clamp_(min=0)
    form = shot_field(rows, grid, "form")
    missing = _slope(surface, grid) > rows["missing_slope"]
    missing |= spots < -rows["glare"]
    columns, lines = grid.axes(rows.device)
    direction, tilt = rows["tilt_direction"], 1000 * rows["tilt"].deg2rad().tan()
    up = direction.cos() * columns + direction.sin() * lines
    missing |= (rows["lost"] < fixed("lost_share")) & (up + 0.5 * form.clamp(-1, 1) > 1.1)
    surface += tilt * up
    surface += rows["drift"] * form
    return surface.masked_fill_(missing, torch.nan)


def breech_face(rows: Rows, x: Tensor, y: Tensor, grid: Grid) -> Tensor:
    """Tool marks of the breech face in micrometres: first pass, second pass and scratches."""
    angle, radius = rows["mark_angle"], rows["mark_radius"]
    along = angle.cos() * y - angle.sin() * x
    wave = rows["mark_wave"] * torch.sin(along * 5.7 + 4 * rows["scratch_x"])
    far_x, far_y = x + radius * angle.cos(), y + radius * angle.sin()
    across = (far_x.square_() + far_y.square_()).sqrt_() - radius
    lines = look_up(_lines(rows, grid), across + wave)
    # The tool does not cut equally deep everywhere.
    lines *= rows["mark_rms"] * (1 + 0.4 * torch.sin(2.9 * along + 4 * across + 9 * rows["scratch_x"]))
    second = angle + rows["cross_angle"]
    beside = second.cos() * x + second.sin() * y
    lines += rows["cross_rms"] * look_up(_second_lines(rows, grid), beside + wave)
    end = (second.cos() * y - second.sin() * x - rows["scratch_x"]) / 0.9
    length = (1 - end.square_()).clamp_(min=0)
    return lines - rows["scratch_depth"] * length * look_up(_scratches(rows, grid), beside)


def brass(rows: Rows, radius: Tensor, grid: Grid, tool_marks: Tensor) -> Tensor:
    """Heights of the case head round the primer: its maker's turning, a weak print, and the ring gap."""
    turning = profiles(rows.key("ammunition", 2), _spectrum(rows, grid, 0.12, 0.9))
    head = fixed("brass_turning") * look_up(turning, radius) + fixed("brass_print") * tool_marks
    half = rows["gap"] / 2
    ring = ((radius - rows["primer_radius"] - half) / half).square_()
    return head - fixed("gap_depth") * ring.neg_().exp_()


def _cup(rows: Rows, place: Geometry) -> Tensor:
    """Heights of the primer cup as seated and crowned, without marks."""
    inside = (1 - (place.radius / rows["primer_radius"]).square_()).clamp_(min=0)
    edge = ((place.radius - rows["primer_radius"] + rows["cup_edge"]) / rows["cup_edge"]).clamp_(min=0)
    set_back = rows["noncontact_drop"] * (1 - place.contact)
    return rows["seat"] + rows["crown"] * inside - rows["cup_drop"] * edge.square_() - set_back


def _firearm_marks(rows: Rows, place: Geometry, grid: Grid, tool_marks: Tensor, lumps: Tensor) -> Tensor:
    """Everything the firearm pressed into the cup."""
    within = torch.sigmoid((1 - place.aperture) * (2 * rows["aperture_radius"] / rows["aperture_edge"]))
    grain = turned_field(
        rows.key("firearm", 1),
        _grain_weights(rows),
        place.x,
        place.y,
        extent_mm=_EXTENT_MM,
        pixel_mm=grid.pixel_mm,
    )
    marks = place.contact * (1 - within) * (tool_marks + rows["grain_rms"] * grain)
    flow = rows["flowback"] * (0.5 + 0.5 * place.aperture.square()) + rows["flow_texture"] * lumps
    marks += within * flow
    marks *= rows["pressure"]
    crest = ((place.aperture - 1) * (rows["aperture_radius"] / rows["aperture_edge"])).square_().neg_().exp_()
    marks += rows["crest"] * crest + rows["shear_height"] * place.shear
    return marks + _pin_marks(rows, place, grid, grain)


def _pin_marks(rows: Rows, place: Geometry, grid: Grid, grain: Tensor) -> Tensor:
    """Impression and drag of the firing pin, with the texture of its tip and the striae of drag and shear."""
    depth = rows["pin_depth"] * rows["softness"] * rows["pressure"].pow(0.3)
    tip = 1 - place.pin.clamp(max=1).pow_(rows["pin_flatness"])
    roof = (place.pin_across.clamp(max=1).square_() + 0.02).sqrt_()  # an edge with a small radius
    tip *= 1 - rows["pin_chisel"] * roof
    marks = -torch.maximum(depth * tip, rows["drag_depth"] * place.drag)
    inside = ((1 - place.pin) * 15).clamp_(0, 1)
    # One profile serves tip and striae: rings round the pin's middle, lines along drag and shear.
    rings = place.pin_distance * (fixed("fine_wavelength") / rows["tip_wavelength"])
    striae = torch.where(place.drag > place.shear, place.drag_across, place.shear_across)
    detail = look_up(_fine_lines(rows, grid), torch.where(place.pin < 1, rings, striae))
    striated = (1 - inside) * torch.maximum(place.drag, place.shear) * rows["striae_rms"]
    marks += (inside * rows["tip_rms"] + striated) * detail + inside * rows["tip_grain"] * grain
    lip = ((place.pin - 1) * (rows["pin_radius"] / rows["pin_edge"]) - 0.5).square_().neg_().exp_()
    return marks + rows["pin_lip"] * lip


def _slope(surface: Tensor, grid: Grid) -> Tensor:
    down, across = torch.gradient(surface, spacing=1000 * grid.pixel_mm, dim=(1, 2))
    return (across.square_() + down.square_()).sqrt_()


def _grain_weights(rows: Rows) -> Tensor:
    ratio = torch.tensor(SPACINGS_MM, device=rows.device) / rows["grain_size"][:, :, 0]
    power = 1 / (ratio.pow(3) + ratio.pow(-1.1))  # fall-off to both sides: calibrated on the scans' spectra
    return (power / power.sum(1, keepdim=True)).sqrt()


def _spectrum(rows: Rows, grid: Grid, wavelength_mm: float | Tensor, octaves: float | Tensor) -> Tensor:
    """Root mean square of each wave of a profile whose wavelengths scatter log-normally, as pixels see it."""
    frequency = torch.from_numpy(profile_frequencies(0)).to(rows.device, torch.float32)
    away = torch.log2(frequency * wavelength_mm) / octaves
    # Shares are per octave, hence the division; a little of the power lies far from the peak.
    power = (torch.exp(-0.5 * away.square()) + 0.01 / (1 + away.square())) / frequency
    spectrum = (power / power.sum(-1, keepdim=True)).sqrt() * torch.sinc(frequency * grid.pixel_mm)
    return spectrum.expand(len(rows), -1)[:, : len(profile_frequencies(grid.pixel_mm))]


def _lines(rows: Rows, grid: Grid) -> Tensor:
    spectrum = _spectrum(rows, grid, rows["mark_wavelength"][:, :, 0], rows["mark_octaves"][:, :, 0])
    share = rows["subclass_share"][:, :, 0]
    own, shared = (profiles(rows.key(entity, 2), spectrum) for entity in ("firearm", "batch"))
    return (1 - share).sqrt() * own + share.sqrt() * shared


def _second_lines(rows: Rows, grid: Grid) -> Tensor:
    spectrum = _spectrum(rows, grid, 0.7 * rows["mark_wavelength"][:, :, 0], rows["mark_octaves"][:, :, 0])
    return profiles(rows.key("firearm", 3), spectrum)


def _fine_lines(rows: Rows, grid: Grid) -> Tensor:
    return profiles(rows.key("firearm", 4), _spectrum(rows, grid, fixed("fine_wavelength"), 0.7))


def _scratches(rows: Rows, grid: Grid) -> Tensor:
    """Profile of three grooves of depth 1 within 1.5 mm of the middle."""
    steps = 2 * len(profile_frequencies(grid.pixel_mm))
    place = torch.arange(steps, device=rows.device) * (PROFILE_PERIOD_MM / steps)
    place = torch.where(place > PROFILE_PERIOD_MM / 2, place - PROFILE_PERIOD_MM, place)
    width = 0.012
    seen = (width**2 + grid.pixel_mm**2 / 12) ** 0.5  # a pixel widens a groove and makes it shallower
    grooves = torch.zeros((len(rows), steps), device=rows.device)
    for number in range(3):
        middle = mix(rows.key("firearm", 5 + number)).float()[:, None] * (3.0 / 2**32) - 1.5
        grooves += (width / seen) * torch.exp(-0.5 * ((place - middle) / seen).square_())
    return grooves
