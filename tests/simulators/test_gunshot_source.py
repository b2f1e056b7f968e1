import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.signal import butter, freqs

from fireanalysis.simulators import model_catalogue
from fireanalysis.simulators.gunshot_models import firearm
from fireanalysis.simulators.gunshot_place import Session, air_absorption, echoes, path
from fireanalysis.simulators.gunshot_recorder import background, gain_control, response
from fireanalysis.simulators.gunshot_shots import action_events, draw_shots, draw_strings
from fireanalysis.simulators.gunshot_source import (
    SHOT_SAMPLES,
    decimated,
    directivity,
    friedlander,
    n_wave,
    placed,
    shock_wave,
)

BULLET = {
    "speed_mps": 915,
    "diameter_m": 5.7e-3,
    "length_m": 23e-3,
    "mass_kg": 4.02e-3,
    "temperature_c": 20.0,
}
SESSION = Session(
    seed=1,
    place="outdoor range",
    distance_m=15.0,
    angle_deg=90.0,
    recorder="phone",
    rate_hz=48_000,
    difficulty=1.0,
)


class TestBlast:
    def test_spectrum_is_that_of_friedlanders_wave(self) -> None:
        tau, rate = 0.35e-3, 192_000
        spectrum = np.abs(np.fft.rfft(friedlander(tau, rate_hz=rate, samples=19_200))) / rate
        frequency = np.fft.rfftfreq(19_200, 1 / rate)
        omega = 2 * np.pi * frequency * tau
        exact = tau * omega / (1 + omega**2)  # |∫ (1 - t/τ) exp(-t/τ) exp(-iωt) dt|
        audible = (frequency > 50) & (frequency < 12_000)
        np.testing.assert_allclose(spectrum[audible], exact[audible], rtol=0.02)

    def test_decimation_leaves_no_alias(self) -> None:
        t = np.arange(4 * SHOT_SAMPLES) / 192_000
        spectra = [
            np.abs(decimated(np.sin(2 * np.pi * f * t), 4 * SHOT_SAMPLES)).max() for f in (3000, 30_000)
        ]
        assert spectra[1] < 1e-3 * spectra[0]

    def test_directivity_of_pygunshot(self) -> None:
        front, back = directivity(0, 0.7), directivity(np.pi, 0.7)
        assert front / back == pytest.approx(1.7 / 0.3)  # (1 + mu) / (1 - mu)
        assert firearm("M4").momentum_index < firearm("Glock").momentum_index

    def test_sounds_fall_between_samples(self) -> None:
        out = np.zeros(9000, np.float32)
        placed(out, np.ones(SHOT_SAMPLES // 2 + 1), times_s=[0.02 + 0.25 / 48_000], rate_hz=48_000)
        n = np.arange(930, 990)
        np.testing.assert_allclose(out[n], np.sinc(n - 960.25), atol=1e-3)

    def test_sounds_are_cut_at_the_ends(self) -> None:
        out = np.zeros(1000, np.float32)
        placed(out, np.ones(SHOT_SAMPLES // 2 + 1), times_s=[-0.01, 0.0, 0.0205, 1.0], rate_hz=48_000)
        assert out.argmax() in (0, 984) and np.isfinite(out).all()


class TestShockWave:
    def test_length_and_peak_are_the_catalogues(self) -> None:
        table = model_catalogue().query("mach_20C > 1.15")
        for row in table.itertuples():
            shock = shock_wave(
                speed_mps=row.muzzle_velocity_mps,
                diameter_m=row.bullet_diameter_mm / 1000,
                length_m=row.bullet_length_mm / 1000,
                mass_kg=1e3,  # so heavy that air does not slow it
                drag=0.4,
                distance_m=10 / np.sin(np.radians(5)),  # passes at 10 m
                angle_rad=np.radians(5),
                temperature_c=20.0,
            )
            assert shock is not None, row.model
            assert shock.peak_pa == pytest.approx(row.nwave_peak_Pa_x10m_calc, rel=0.01), row.model
            if row.nwave_T_us_x10m_calc < 600:
                assert shock.duration_s * 1e6 == pytest.approx(row.nwave_T_us_x10m_calc, rel=0.01)

    @pytest.mark.parametrize(("distance", "angle"), [(10, 0.3), (60, 0.6), (100, 1.0), (40, 1.15)])
    def test_arrival_is_the_earliest_from_any_point_of_the_trajectory(
        self, distance: int, angle: float
    ) -> None:
        shock = shock_wave(**BULLET, drag=0.4, distance_m=distance, angle_rad=angle)
        x, y = distance * np.cos(angle), distance * np.sin(angle)
        slowing = 1.2 * 0.4 * np.pi * 5.7e-3**2 / (8 * 4.02e-3)

        def heard(start: float) -> float:
            return np.expm1(slowing * start) / (slowing * 915) + np.hypot(x - start, y) / 343.2

        # A source above the speed of sound is heard from where its sound arrives first, if that is ahead.
        earliest = minimize_scalar(heard, bounds=(0, x), method="bounded", options={"xatol": 1e-6})
        assert shock is not None and shock.arrival_s == pytest.approx(earliest.fun, rel=2e-3)
        assert shock.arrival_s < distance / 343.2

    def test_exists_only_within_90_degrees_less_the_mach_angle(self) -> None:
        limit = np.pi / 2 - np.arcsin(343.2 / 915)
        near = [
            shock_wave(**BULLET, drag=0.4, distance_m=1, angle_rad=limit + d) is None for d in (-0.02, 0.02)
        ]
        assert near == [False, True]

    def test_no_shock_below_the_speed_of_sound_and_a_bounded_one_near_it(self) -> None:
        slow = BULLET | {"speed_mps": 340}
        assert shock_wave(**slow, drag=0.4, distance_m=10, angle_rad=0.2) is None
        nine = BULLET | {"speed_mps": 355, "diameter_m": 9e-3}
        shock = shock_wave(**nine, drag=0.0001, distance_m=10, angle_rad=0.05)
        assert shock is not None and shock.duration_s <= 600e-6

    def test_n_wave_is_up_then_as_much_down(self) -> None:
        wave = n_wave(200e-6, rate_hz=192_000, samples=100, delay_s=50e-6)
        held = np.flatnonzero(np.abs(wave) > 1e-9) / 192_000
        assert held[0] == pytest.approx(50e-6, abs=6e-6) and held[-1] == pytest.approx(250e-6, abs=6e-6)
        assert wave.sum() == pytest.approx(0, abs=1e-9)
        assert wave.max() == pytest.approx(1, abs=0.06) and wave.min() == pytest.approx(-1, abs=0.06)


class TestPlace:
    @pytest.mark.parametrize(
        ("temperature", "humidity", "table"),
        [
            (10, 70, [0.1, 0.4, 1.0, 1.9, 3.7, 9.7, 32.8, 117]),
            (20, 70, [0.1, 0.3, 1.1, 2.8, 5.0, 9.0, 22.9, 76.6]),
            (30, 70, [0.1, 0.3, 1.0, 3.1, 7.4, 12.7, 23.1, 59.3]),
            (15, 20, [0.3, 0.6, 1.2, 2.7, 8.2, 28.2, 88.8, 202]),
        ],
    )
    def test_air_absorbs_as_in_iso_9613_2_table_2(self, temperature: int, humidity: int, table: list) -> None:
        bands = 1000 * 2.0 ** np.arange(-4, 4)
        loss = 1000 * air_absorption(bands, temperature_c=temperature, humidity=humidity)
        np.testing.assert_allclose(loss, table, rtol=0.03, atol=0.06)

    def test_ground_adds_what_the_image_source_does(self) -> None:
        response = path(SESSION, distance_m=15.0)
        wave = np.fft.irfft(response)
        direct, ground = SESSION.reflected(15.0)
        delay = (ground - direct) / 343 * 48_000
        assert delay > 8  # samples: apart from the direct sound
        assert wave.argmax() == 0
        assert 8 + int(wave[8:2000].argmax()) == pytest.approx(delay, abs=3)

    def test_tail_dies_away_with_the_places_reverberation(self) -> None:
        spectrum = echoes(SESSION, 144_000)
        frequency = np.fft.rfftfreq(144_000, 1 / 48_000)
        wave = np.fft.irfft(spectrum * np.exp(-((frequency / 400) ** 2)))
        # Energy of tenths of a second after the last discrete echo, a line in decibels.
        parts = (wave[: 14 * 4800].reshape(14, 4800) ** 2).sum(axis=1)[6:]
        slope = np.polyfit(0.1 * np.arange(len(parts)), 10 * np.log10(parts), 1)[0]
        expected = -60 / SESSION.draw("reverberation", "outdoor range")
        assert slope == pytest.approx(expected, rel=0.2)


class TestRecorder:
    def test_high_pass_is_butterworths(self) -> None:
        plain = Session(**{**SESSION.__dict__, "difficulty": 0.0, "recorder": "field recorder"})
        frequency = np.array([10.0, 20, 40, 80, 160])
        corner = plain.draw("high_pass", "field recorder")
        _, exact = freqs(*butter(2, corner, "high", analog=True), worN=frequency)
        np.testing.assert_allclose(np.abs(response(plain, frequency)), np.abs(exact), rtol=0.1)

    def test_gain_control_takes_its_share_and_recovers(self) -> None:
        sound = np.full(48_000, 0.01, np.float32)
        sound[4800:4848] = 1.0
        out = gain_control(sound, threshold_db=-40, compression=0.5, release_s=0.1, rate_hz=48_000)
        factor = 20 * np.log10(out / sound)
        assert factor[4824] == pytest.approx(-20, abs=0.5)  # half of 40 dB
        assert factor[4848 + 9600] == pytest.approx(-10, abs=0.5)  # 0.2 s later 20 dB are recovered
        assert factor[-1] == pytest.approx(0, abs=0.01)

    def test_background_has_its_level(self) -> None:
        noise = background(SESSION, 96_000, np.random.default_rng(0))
        levels = [SESSION.draw(name, "phone") for name in ("wind", "babble")]
        expected = 10 * np.log10(sum(10 ** (level / 10) for level in levels))
        assert 20 * np.log10(noise.std()) == pytest.approx(expected, abs=0.5)


class TestShots:
    @pytest.mark.parametrize("model", ["MG-42", "Glock", "Benelli Nova", "S&W 686", "AK-47"])
    def test_some_shot_is_in_every_piece(self, model: str) -> None:
        gun = firearm(model)
        for seed in range(100):
            rng = np.random.default_rng(seed)
            times = draw_shots(gun, rng, rate_rpm=900, duration_s=2.0, jitter=0.02)
            assert ((times >= 0) & (times < 2)).any() and (np.diff(times) > 0.05).all()
            for events, sound in action_events(gun, times, rng):
                assert sound in (0, 1) and len(events) <= len(times)

    def test_machine_guns_mostly_fire_bursts_and_pistols_never(self) -> None:
        shares = {}
        for model in ("MG-42", "AK-47", "Glock"):
            gun = firearm(model)
            draws = [
                draw_shots(gun, np.random.default_rng(k), rate_rpm=1000, duration_s=2.0, jitter=0.02)
                for k in range(200)
            ]
            shares[model] = np.mean([len(t) > 1 and np.diff(t).min() < 0.1 for t in draws])
        assert shares["MG-42"] > 0.75 and 0.15 < shares["AK-47"] < 0.45 and shares["Glock"] == 0

    def test_bolt_moves_at_a_quarter_and_three_quarters_of_the_cycle(self) -> None:
        gun, shots = firearm("MP5"), np.array([0.5, 1.5])
        (back, _), (forward, _), (trigger, _) = action_events(gun, shots, np.random.default_rng(0))
        np.testing.assert_allclose([back - shots, forward - shots], [[60 / 3200] * 2, [60 * 3 / 3200] * 2])
        assert ((shots - trigger > 0.004) & (shots - trigger < 0.016)).all()

    def test_strings_fill_a_recording_with_pauses(self) -> None:
        gun = firearm("Carl Gustaf m/45")
        times = draw_strings(
            gun, np.random.default_rng(0), rate_rpm=600, duration_s=60.0, jitter=0.02, pause_s=2.0
        )
        assert times.min() > 0.9 and 50 < times.max() < 60
        assert ((np.diff(times) > 1.0) & (np.diff(times) < 4.0)).sum() > 10
