"""Solids of known shape before the camera, and their light."""

import cv2
import numpy as np
import pytest

from fireanalysis.simulators import firearm_surface
from fireanalysis.simulators.firearm_finishes import FINISHES
from fireanalysis.simulators.firearm_light import Light, lit
from fireanalysis.simulators.firearm_relief import SLOTS, Relief, band, box, disc, smooth
from fireanalysis.simulators.firearm_surface import Surface, surface
from fireanalysis.simulators.firearm_view import Camera, extent, rotation, seen

FAR_MM = 1e5
STUDIO = Light(20.0, 40.0, 0.5)


def dressed(relief: Relief, finish: str = "polymer grey") -> Surface:
    return surface(relief, (FINISHES[finish],) * len(SLOTS), wear=0.0, seed=1)


def covered(look: Surface, turn: np.ndarray, *, scale: float = 1.0, far_mm: float = FAR_MM) -> np.ndarray:
    """Coverage by a solid, seen from far away, at `scale` pixels a millimetre about the middle."""
    camera = Camera(turn, far_mm, (0.0, 0.0), scale, (-100.0, -100.0))
    return seen(look, camera, STUDIO, (round(200 * scale), round(200 * scale)))[..., 3] / 255


def cylinder(length: float = 120.0, radius: float = 20.0) -> Relief:
    relief = Relief.empty((-80, -40, 80, 40), 5.0)
    relief.add(box(-length / 2, -radius, length / 2, radius), radius, "metal", lathe="x")
    return relief


class TestCamera:
    def test_projects_as_opencv_does(self) -> None:
        turn = rotation(25, -12, 8)
        points = np.random.default_rng(0).uniform(-50, 50, (20, 3))
        ours = Camera(turn, 400.0, (0.0, 0.0)).project(*points.T)
        flip = np.diag([1.0, -1.0, -1.0])  # OpenCV looks along +z and has y down
        theirs, _ = cv2.projectPoints(
            points, cv2.Rodrigues(flip @ turn)[0], (0, 0, 400.0), np.diag([400.0, 400.0, 1]), None
        )
        np.testing.assert_allclose(ours, theirs[:, 0], atol=1e-6)

    def test_planes_are_the_projections_of_their_points(self) -> None:
        camera = Camera(rotation(30, 10, -5), 500.0, (12.0, -7.0), 1.7, (-80.0, -60.0))
        place = np.random.default_rng(1).uniform(-50, 50, (2, 20))
        for z in (-14.0, 0.0, 9.0):
            mapped = camera.plane(z) @ np.vstack((place, np.ones(20)))
            expected = camera.project(*place, np.full(20, z))
            np.testing.assert_allclose(mapped[:2] / mapped[2], expected.T, rtol=1e-9)

    def test_rays_go_back_to_where_points_came_from(self) -> None:
        camera = Camera(rotation(30, 10, -5), 500.0, (12.0, -7.0), 1.7, (-80.0, -60.0))
        x, y = camera.back((40, 50), np.full((40, 50), 9.0, np.float32))
        pixels = camera.project(x.ravel(), y.ravel(), np.full(2000, 9.0))
        row, column = np.indices((40, 50)) + 0.5
        np.testing.assert_allclose(pixels, np.stack((column.ravel(), row.ravel()), 1), atol=1e-3)

    def test_positive_yaw_turns_the_muzzle_away(self) -> None:
        camera = Camera(rotation(40, 0, 0), 300.0, (0.0, 0.0))
        ends = camera.project(np.array([60.0, 60, -60, -60]), np.array([5.0, -5, 5, -5]), np.zeros(4))
        assert ends[1, 1] - ends[0, 1] < ends[3, 1] - ends[2, 1]


class TestSilhouettes:
    @pytest.mark.parametrize("yaw", [0, 3, 20, 45, 60])
    def test_a_turned_cylinder_covers_what_it_must(self, yaw: float) -> None:
        """A rectangle of length L cos yaw and width 2 r, and the halves of an ellipse at its ends."""
        length, radius = 120.0, 20.0
        angle = np.radians(yaw)
        expected = 2 * radius * length * np.cos(angle) + np.pi * radius**2 * np.sin(angle)
        area = covered(dressed(cylinder(length, radius)), rotation(yaw, 0, 0)).sum()
        assert area == pytest.approx(expected, rel=0.02)

    @pytest.mark.parametrize(("yaw", "pitch"), [(0, 0), (30, 0), (0, 25), (50, 20)])
    def test_a_turned_box_covers_what_it_must(self, yaw: float, pitch: float) -> None:
        """The areas of three sides, each by the cosine of its angle to the line of sight."""
        relief = Relief.empty((-60, -40, 60, 40), 3.0)
        relief.add(box(-45, -20, 45, 20), 12, "metal", bevel=0.01)
        turn = rotation(yaw, pitch, 0)
        sides = np.array([40 * 24, 90 * 24, 90 * 40])  # normal to x, y and z
        area = covered(dressed(relief), turn).sum()
        assert area == pytest.approx(float(sides @ np.abs(turn[2])), rel=0.025)

    def test_parts_much_thinner_than_the_thickest_are_seen_from_every_side(self) -> None:
        relief = Relief.empty((-60, -40, 60, 40), 3.0)
        relief.add(disc(-30, 0, 20), 20, "metal")
        relief.add(box(0, -3, 50, 3), 1.0, "metal")
        for yaw in (0, 0.5, 2, 7, 40):
            bar = covered(dressed(relief), rotation(yaw, 0, 0))[90:110, 112:130]
            assert bar[8:12].min() > 0.9, yaw

    def test_rolling_turns_the_picture(self) -> None:
        upright = covered(dressed(cylinder()), rotation(0, 0, 90))
        flat = covered(dressed(cylinder()), rotation(0, 0, 0))
        assert upright.sum() == pytest.approx(flat.sum(), rel=1e-3)
        assert (
            np.abs(upright - flat.T) > 0.02
        ).mean() < 0.003  # but for half a pixel of the relief at the rim

    def test_extent_holds_all_that_is_covered(self) -> None:
        look, turn = dressed(cylinder()), rotation(35, 15, 20)
        first, last = extent(look.relief, Camera(turn, FAR_MM, (0.0, 0.0)))
        rows, columns = np.nonzero(covered(look, turn) > 0.5)
        found = np.array([[columns.min(), rows.min()], [columns.max() + 1, rows.max() + 1]]) - 100
        np.testing.assert_allclose(found, [first, last], atol=1.5)

    def test_nearer_is_bigger(self) -> None:
        angle = np.linspace(0, 2 * np.pi, 100)
        for distance in (200, 400, FAR_MM):
            camera = Camera(rotation(0, 0, 0), distance, (0.0, 0.0))
            rims = [
                camera.project(np.full(100, x), 20 * np.cos(angle), 20 * np.sin(angle)) for x in (-60, 60)
            ]
            expected = cv2.contourArea(cv2.convexHull(np.concatenate(rims).astype(np.float32)))
            area = covered(dressed(cylinder()), camera.turn, far_mm=distance).sum()
            assert area == pytest.approx(expected, rel=0.02)


class TestRelief:
    def test_heights_of_slab_and_lathe(self) -> None:
        relief = cylinder()
        assert relief.height[200, 400] == pytest.approx(20, rel=1e-3) and relief.height[0, 0] == -1
        y = 40 - (np.arange(400) + 0.5) / 5
        expected = np.sqrt(np.maximum(400 - y**2, 0))
        inside = np.abs(y) < 18  # OpenCV fills what an outline touches: it is a pixel wider
        np.testing.assert_allclose(relief.height[inside, 400], expected[inside], atol=0.4)

    def test_cut_carve_and_order(self) -> None:
        relief = Relief.empty((-30, -30, 30, 30), 16.0)
        relief.add(box(-20, -20, 20, 20), 10, "metal", bevel=0.01)
        relief.add(box(-5, -5, 5, 5), 4, "grip")  # inside the first: not seen
        relief.carve(box(10, -20, 20, 20), 3, slot="dark")
        relief.carve(box(-20, -20, -10, 20), -2)
        relief.cut(disc(0, 0, 6))
        values, counts = np.unique(relief.slot, return_counts=True)
        area = dict(zip(np.array(SLOTS)[values].tolist(), (counts / 256).tolist(), strict=True))
        assert area["metal"] == pytest.approx(1200 - np.pi * 36, rel=0.02)
        assert area["dark"] == pytest.approx(400, rel=0.02) and "grip" not in area
        assert relief.height[480, 16 * 45] == pytest.approx(7) and relief.height[480, 480] == -1
        assert relief.height[480, 16 * 14] > 11

    def test_outlines(self) -> None:
        def area(outline: np.ndarray) -> float:
            return float(cv2.contourArea(np.asarray(outline, np.float32)))

        assert area(band([(0, 0), (30, 0), (60, 0)], 7.0)) == pytest.approx(420, rel=1e-5)
        bent = band([(20 * np.cos(a), 20 * np.sin(a)) for a in np.linspace(0, np.pi, 60)], 4.0, rounds=0)
        assert area(bent) == pytest.approx(np.pi * 20 * 4, rel=0.01)
        # Each round of Chaikin's cuts four triangles off a square; the limit is made of parabolas: 1 - 1/6.
        assert area(smooth(box(0, 0, 10, 10), rounds=6)) == pytest.approx(100 * (1 - 1 / 6), rel=1e-3)


class TestLight:
    def test_normals_are_those_of_the_solid(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(firearm_surface, "_FLATNESS", 0.0)
        look = dressed(cylinder(), "black")
        y = 40 - (np.arange(400) + 0.5) / 5
        inside = np.abs(y) < 15
        normal = look.normal[inside][:, 250:550].mean(1)
        expected = np.stack((0 * y, y / 20, np.sqrt(np.maximum(1 - (y / 20) ** 2, 0))), 1)[inside]
        np.testing.assert_allclose(normal, expected, atol=0.02)

    @pytest.mark.parametrize("finish", ["polymer grey", "walnut", "nickel", "blued"])
    def test_what_faces_the_lamp_is_brighter(self, finish: str) -> None:
        relief = Relief.empty((-40, -40, 40, 40), 3.0)
        relief.add(disc(0, 0, 30), 30, "metal", lathe="x")
        look = dressed(relief, finish)
        for azimuth, elevation, bright in ((70, 10, (0, 1)), (-70, 10, (0, -1)), (0, 75, (-1, 0))):
            picture = lit(look, np.eye(3), Light(azimuth, elevation, 0.0)).mean(-1)
            row, column = np.indices(picture.shape) - 119.5
            toward = (row * bright[0] + column * bright[1]) / 90
            inside = (relief.height > 5) & (np.hypot(row, column) < 80)
            assert picture[inside & (toward > 0.3)].mean() > 1.1 * picture[inside & (toward < -0.3)].mean()

    def test_what_stands_out_throws_a_shadow_away_from_a_hard_lamp(self) -> None:
        relief = Relief.empty((-40, -40, 40, 40), 3.0)
        relief.add(box(-38, -38, 38, 38), 5, "metal")
        relief.add(box(-4, -30, 4, 30), 15, "metal")
        sides = {}
        for softness in (0.0, 1.0):
            picture = lit(dressed(relief), np.eye(3), Light(60, 0, softness)).mean(-1)
            left, right = picture[60:180, 85:103].mean(), picture[60:180, 137:155].mean()
            sides[softness] = left / right
        assert sides[0.0] < 0.8 and sides[0.0] < sides[1.0]
