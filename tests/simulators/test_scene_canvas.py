import cv2
import numpy as np
import pytest

from fireanalysis.simulators.scene_canvas import Camera, Canvas, Face, Texture, box, prism, turned

CAMERA = Camera(np.array([0.5, -1.0, 2.5]), pitch_deg=25, yaw_deg=12, roll_deg=4, field_deg=70, pixels=200)


def canvas(camera: Camera = CAMERA) -> Canvas:
    return Canvas(camera, towards_light=np.array([0.0, 0.0, 1.0]), ambient=0.4)


def turn(camera: Camera) -> np.ndarray:
    """Rotation from the world (x right, y away, z up) to a camera's axes (right, down, ahead), factor by factor."""
    pitch, yaw, roll = np.radians([camera.pitch_deg, camera.yaw_deg, camera.roll_deg])
    axes = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]])
    heading = cv2.Rodrigues(np.array([0, 0, yaw]))[
        0
    ]  # clockwise seen from above, as coordinates turn the other way
    tilt = cv2.Rodrigues(np.array([pitch, 0, 0]))[0]
    lean = cv2.Rodrigues(np.array([0, 0, -roll]))[0]
    return lean @ tilt @ axes @ heading


class TestCamera:
    def test_projection_is_opencv_s(self) -> None:
        points = np.random.default_rng(0).uniform([-3, 2, 0], [3, 12, 3], (20, 3))
        focal = 100 / np.tan(np.radians(35))
        inner = np.array([[focal, 0, 100], [0, focal, 100], [0, 0, 1.0]])
        rotation = turn(CAMERA)
        expected, _ = cv2.projectPoints(
            points, cv2.Rodrigues(rotation)[0], -rotation @ CAMERA.position, inner, np.zeros(4)
        )
        found, distance = CAMERA.project(points)
        np.testing.assert_allclose(found, expected[:, 0], atol=1e-6)
        np.testing.assert_allclose(distance, (points - CAMERA.position) @ rotation[2], atol=1e-9)

    def test_looks_down_by_its_pitch(self) -> None:
        level = Camera(np.array([0, 0, 3.0]), pitch_deg=30, yaw_deg=0, roll_deg=0, field_deg=90, pixels=100)
        (x, y), _ = (value[0] for value in level.project([[0, 3 / np.tan(np.radians(30)), 0]]))
        assert (x, y) == pytest.approx((50, 50))  # the axis meets the ground there
        ((_, horizon),), _ = level.project([[0, 1e7, 3]])
        assert horizon == pytest.approx(50 - 50 * np.tan(np.radians(30)), abs=1e-3)

    def test_a_metre_is_as_long_as_it_is_seen(self) -> None:
        x, y, metre = CAMERA.at([0.3, 6, 0.0])
        right = turn(CAMERA)[0]
        beside = CAMERA.at(np.array([0.3, 6, 0.0]) + right)
        assert np.hypot(beside[0] - x, beside[1] - y) == pytest.approx(metre)
        assert CAMERA.at([0.5, -9, 2.5]) is None


class TestCanvas:
    def test_a_texture_lies_as_a_homography_lays_it(self) -> None:
        image = cv2.GaussianBlur(np.random.default_rng(1).random((64, 64, 3), np.float32), (0, 0), 4)
        wall = np.array([[-1, 4, 2.5], [1.5, 4, 2.5], [1.5, 4, 0], [-1, 4, 0.0]])
        drawn = canvas()
        drawn.paint([Face(wall, Texture(image, (2.5, 2.5)), glow=1.0)])
        corners = np.array([[0, 0], [64, 0], [64, 64], [0, 64]], np.float32)
        to_picture = cv2.getPerspectiveTransform(corners, CAMERA.project(wall)[0].astype(np.float32))
        shift = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]])
        expected = cv2.warpPerspective(image, shift @ to_picture @ np.linalg.inv(shift), (200, 200))
        inside = cv2.erode((expected.sum(2) > 0).astype(np.uint8), np.ones((9, 9))) > 0
        assert inside.sum() > 2000
        assert np.abs(drawn.image - expected)[inside].mean() < 0.02 < 5 * image.std()

    def test_a_polygon_covers_its_area(self) -> None:
        drawn = canvas()
        floor = np.array([[-1, 6, 0], [1, 6, 0], [1, 4, 0], [-1, 4, 0.0]])
        drawn.paint([Face(floor, np.ones(3))])
        x, y = CAMERA.project(floor)[0].T
        area = 0.5 * abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1)))
        sides = np.hypot(x - np.roll(x, 1), y - np.roll(y, 1)).sum()
        # Light from above is full; OpenCV's smooth edges lie about half a pixel outside.
        assert area < drawn.image[..., 0].sum() < area + 0.6 * sides

    def test_what_reaches_behind_the_camera_is_cut_off(self) -> None:
        drawn = canvas()
        drawn.paint([Face(np.array([[-50, 90, 0], [50, 90, 0], [50, -50, 0], [-50, -50, 0.0]]), np.ones(3))])
        assert drawn.image[-1].min() > 0.99 and drawn.image[0].max() < 0.01

    def test_faces_away_are_not_seen_and_those_in_shade_are_darker(self) -> None:
        wall = np.array([[-1, 4, 2], [1, 4, 2], [1, 4, 0], [-1, 4, 0.0]])
        lit, away = canvas(), canvas()
        lit.paint([Face(wall, np.ones(3))])
        away.paint([Face(wall[::-1], np.ones(3))])
        assert (
            lit.image.max() == pytest.approx(0.4) and not away.image.any()
        )  # a wall gets ambient light only

    def test_nearer_faces_of_an_object_hide_the_farther(self) -> None:
        drawn = canvas()
        drawn.paint_object(box((0.5, 4, 0), (1, 1, 1), np.array([0, 0, 1.0]), front=np.array([1.0, 0, 0])))
        x, y, _ = CAMERA.at([0.5, 3.5, 0.5])
        assert drawn.image[int(y), int(x)].tolist() == pytest.approx([0.4, 0, 0])

    def test_shadows_darken_and_an_overlay_stands_where_it_is_put(self) -> None:
        drawn = canvas()
        drawn.image[:] = 1
        drawn.shade(np.array([[0, 4, 0], [1, 4, 0], [1, 5, 0.0], [0, 5, 0]]), strength=0.5, blur_m=0.01)
        assert drawn.image.min() == pytest.approx(0.5, abs=0.02) and drawn.image[0, 0, 0] == 1
        sprite = np.zeros((40, 20, 4), np.uint8)
        sprite[..., 0], sprite[:, 5:15, 3] = 255, 255
        drawn.image[:] = 0
        drawn.overlay(sprite, column=100.5, row=150, height=20)
        rows, columns = np.nonzero(drawn.image[..., 0] > 0.5)
        assert (rows.min(), rows.max(), columns.min(), columns.max()) == (130, 149, 98, 102)


class TestBodies:
    @pytest.mark.parametrize("yaw", [0, 35, 170])
    def test_faces_look_outwards_and_close_the_sides(self, yaw: float) -> None:
        centre = np.array([1.0, 5, 0.2])
        outline = [(-2, 0), (-2, 0.7), (-0.5, 1.4), (1, 1.4), (2, 0.9), (2, 0)]
        for body, top in (
            (box(centre, (1, 2, 3), 0, yaw_deg=yaw), 3.0),
            (prism(outline, 1.7, centre, [0] * 6, yaw_deg=yaw), 1.4),
        ):
            middle = np.add(centre, [0, 0, top / 2])
            for face in body:
                a, b, c = face.corners[:3]
                assert np.cross(c - b, b - a) @ (face.corners.mean(0) - middle) > 0
            points = np.concatenate([face.corners for face in body])
            assert np.ptp(points[:, 2]) == pytest.approx(top)

    def test_turned_is_counter_clockwise_from_above(self) -> None:
        np.testing.assert_allclose(turned(np.array([[1.0, 0, 2]]), (5, 5, 0), 90), [[5, 6, 2]], atol=1e-12)
