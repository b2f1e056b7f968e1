import cv2
import numpy as np
import pytest
from PIL import Image

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.transforms import LEVELS, damage_picture

GREY = np.full((200, 256, 3), 128, np.uint8)


@pytest.fixture(scope="module")
def scene() -> np.ndarray:
    """Smooth colours with a bright square: edges, areas and no saturation."""
    rng = np.random.default_rng(0)
    picture = cv2.resize(rng.integers(40, 200, (9, 11, 3), dtype=np.uint8), (256, 200))
    picture[60:100, 80:140] = 230
    return picture


@pytest.mark.parametrize("kind", [*LEVELS, "weather"])
class TestEveryKind:
    def test_nothing_changes_at_amount_zero(self, kind: str, scene: np.ndarray) -> None:
        same = damage_picture(scene, kind=kind, amount=0)
        assert np.array_equal(same, scene) and same is not scene

    def test_more_is_worse_and_the_picture_handed_in_stays(self, kind: str, scene: np.ndarray) -> None:
        before = scene.copy()
        error = [
            np.square(damage_picture(scene, kind=kind, amount=amount, seed=3) - scene.astype(float)).mean()
            for amount in (0.2, 0.5, 1.0)
        ]
        assert 0 < error[0] < error[1] < error[2]
        assert np.array_equal(before, scene)

    def test_a_seed_is_a_damage(self, kind: str, scene: np.ndarray) -> None:
        first, again = (damage_picture(scene, kind=kind, amount=0.6, seed=1) for _ in range(2))
        assert np.array_equal(first, again) and first.shape == scene.shape and first.dtype == np.uint8
        others = [damage_picture(scene, kind=kind, amount=0.6, seed=seed) for seed in range(2, 8)]
        same = all(np.array_equal(first, other) for other in others)
        assert same == (kind in ("blur", "jpeg", "fog", "resolution"))


class TestLevels:
    def test_low_light_is_so_many_stops_beyond_the_gain(self) -> None:
        # Eight stops less, four made up: a sixteenth of the light, through the gamma of 2.2.
        dark = damage_picture(np.full((400, 400, 3), 200, np.uint8), kind="light", amount=1.0)
        light = (dark / 255) ** 2.2
        assert light.mean() == pytest.approx((200 / 255) ** 2.2 / 16, rel=0.06)

    def test_low_light_is_noisier_than_its_dose_allows_by_the_read_noise(self) -> None:
        electrons = (128 / 255) ** 2.2 * 4000 / 16
        shown = (damage_picture(np.tile(GREY, (2, 2, 1)), kind="light", amount=0.5) / 255) ** 2.2
        assert shown.std() / shown.mean() == pytest.approx(np.sqrt(electrons + 16) / electrons, rel=0.05)

    def test_noise_has_its_standard_deviation_and_half_of_it_in_common(self) -> None:
        noise = damage_picture(np.tile(GREY, (2, 2, 1)), kind="noise", amount=0.5) - 128.0
        assert noise.std() == pytest.approx(30, rel=0.02)
        assert np.corrcoef(noise[..., 0].ravel(), noise[..., 2].ravel())[0, 1] == pytest.approx(0.5, abs=0.02)

    def test_blur_spreads_an_edge_as_a_disc_does(self) -> None:
        edge = np.zeros((64, 256, 3), np.uint8)
        edge[:, 128:] = 255
        x = np.clip(np.arange(256) - 127.5, -6, 6)  # share of a disc of radius 6 to one side of a line
        expected = 0.5 + (x * np.sqrt(36 - x**2) + 36 * np.arcsin(x / 6)) / (36 * np.pi)
        blurred = damage_picture(edge, kind="blur", amount=1.0)[32, :, 0] / 255
        np.testing.assert_allclose(blurred, expected, atol=0.02)

    def test_motion_spreads_a_point_over_a_line(self) -> None:
        point = np.zeros((257, 256, 3), np.uint8)
        point[128, 128] = 255
        rows, columns = np.nonzero(damage_picture(point, kind="motion", amount=1.0, seed=5)[..., 0])
        length = np.hypot(np.ptp(rows), np.ptp(columns))
        assert length == pytest.approx(24, abs=2)
        assert (rows.mean(), columns.mean()) == pytest.approx((128, 128), abs=0.6)  # a mask still fits
        long, short = np.linalg.svd(np.stack([rows - 128, columns - 128]))[1][:2]
        assert short < 0.1 * long  # thin

    def test_jpeg_is_what_pillow_writes(self, scene: np.ndarray) -> None:
        import io

        file = io.BytesIO()
        Image.fromarray(scene).save(file, "JPEG", quality=30, subsampling=2)
        expected = np.asarray(Image.open(file), float)
        amount = (95 - 30) / (95 - 2)
        assert np.abs(damage_picture(scene, kind="jpeg", amount=amount) - expected).mean() < 1

    def test_resolution_keeps_the_mean_and_so_many_pixels(self, scene: np.ndarray) -> None:
        low = damage_picture(scene, kind="resolution", amount=1.0)
        assert low.mean() == pytest.approx(scene.mean(), abs=0.5)
        small = cv2.resize(scene, (32, 25), interpolation=cv2.INTER_AREA)
        np.testing.assert_array_equal(low, cv2.resize(small, (256, 200), interpolation=cv2.INTER_LINEAR))

    def test_fog_leaves_two_percent_of_contrast_at_the_visibility(self) -> None:
        visibility_m = 3.912 / 0.1
        picture = np.zeros((901, 64, 3), np.uint8)
        picture[:, 32:] = 255
        fog = damage_picture(picture, kind="fog", amount=1.0).astype(float)
        distance_m = 1 / np.linspace(1 / 50, 1 / 5, 901)
        row = int(np.abs(distance_m - visibility_m).argmin())
        assert (fog[row, -1] - fog[row, 0]).mean() / 255 == pytest.approx(0.02, abs=0.004)
        assert (fog[-1, -1] - fog[-1, 0]).mean() / 255 == pytest.approx(np.exp(-0.5), abs=0.01)

    @pytest.mark.parametrize("kind", ["rain", "snow"])
    def test_weather_hides_its_share(self, kind: str) -> None:
        black = np.zeros((512, 512, 3), np.uint8)
        red = [damage_picture(black, kind=kind, amount=1.0, seed=seed)[..., 0].mean() for seed in range(6)]
        # 12 % of streaks or flakes, over 12 % of mist; some of them overlap.
        assert np.mean(red) == pytest.approx(205 * (1 - 0.88**2), rel=0.06)

    def test_what_is_meant_by_a_size_goes_with_the_picture(self, scene: np.ndarray) -> None:
        large = cv2.resize(scene, (512, 400), interpolation=cv2.INTER_LINEAR)
        small = damage_picture(scene, kind="blur", amount=0.7)
        shrunk = cv2.resize(
            damage_picture(large, kind="blur", amount=0.7), (256, 200), interpolation=cv2.INTER_AREA
        )
        assert np.abs(small.astype(int) - shrunk).mean() < 1.5


class TestErrors:
    @pytest.mark.parametrize("picture", [np.zeros((4, 4)), np.zeros((4, 4), np.uint8), [[1]], GREY / 255])
    def test_no_picture(self, picture: object) -> None:
        with pytest.raises(DataError, match="uint8"):
            damage_picture(picture, kind="blur", amount=0.5)

    def test_unknown_kind_and_amount(self) -> None:
        with pytest.raises(ParameterError, match=r"'hail'.*allowed are light"):
            damage_picture(GREY, kind="hail", amount=0.5)
        for amount in (-0.1, 1.1, np.nan):
            with pytest.raises(ParameterError, match="0 to 1"):
                damage_picture(GREY, kind="blur", amount=amount)

    def test_a_picture_of_one_pixel_is_a_picture(self) -> None:
        for kind in LEVELS:
            assert damage_picture(GREY[:1, :1], kind=kind, amount=1.0).shape == (1, 1, 3)
