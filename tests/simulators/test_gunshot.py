import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest, chi2_contingency, kruskal

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.simulators import (
    gunshot_parameter_table,
    model_catalogue,
    render_gunshots,
    render_recording,
    sample_gunshots,
)

TOTALS = {"machine gun": 462, "pistol": 1148, "rifle": 935, "shotgun": 349, "submachine gun": 449}


@pytest.fixture(scope="module")
def full() -> pd.DataFrame:
    return sample_gunshots()


def originals(model: str | list[str], n: int, **chosen: object) -> pd.DataFrame:
    """Clips of a model, each of another session, without copies and wrong labels, with some columns set."""
    names = [model] if isinstance(model, str) else model
    sessions = n // len(names)
    table = sample_gunshots(
        n, models=names, least_sessions=sessions, wrong_label_fraction=0, duplicate_fraction=0
    )
    return table.assign(**chosen)


class TestCatalogue:
    def test_counts_are_the_papers(self) -> None:
        catalogue = model_catalogue().set_index("model")
        assert len(catalogue) == 32 and catalogue["clips"].sum() == 3343
        printed = catalogue[catalogue["clips_source"] == "paper"]["clips"]
        assert printed.to_dict() == {"MK18": 43, "M4": 162, "Glock": 456}
        assert catalogue["clips"].min() == 43
        assert (0.7 * catalogue[catalogue["category"] == "shotgun"]["clips"] < 50).any()  # as the paper says

    def test_kinetic_energy_and_mach_numbers_are_those_of_the_velocities(self) -> None:
        table = model_catalogue()
        energy = table["bullet_mass_g"] / 1000 * table["muzzle_velocity_mps"] ** 2 / 2
        np.testing.assert_allclose(table["muzzle_energy_J_calc"], energy, atol=0.51)
        np.testing.assert_allclose(table["mach_20C"], table["muzzle_velocity_mps"] / 343.2, rtol=2e-3)

    def test_everything_says_where_it_is_from(self) -> None:
        assert model_catalogue()["source_of_v_barrel_rate"].str.match(r"L:|R:").all()
        parameters = gunshot_parameter_table()
        assert parameters["source"].str.len().gt(5).all() and (parameters["meaning"] != "").all()
        assert (parameters["low"] <= parameters["high"]).all()
        assert not parameters.duplicated(["name", "level"]).any()
        assert parameters["source"].str.contains(r"assumed|\d{4}|pygunshot|catalogue").all()


class TestSample:
    def test_full_set_has_the_papers_counts(self, full: pd.DataFrame) -> None:
        assert full.groupby("category").size().to_dict() == TOTALS
        assert full["model"].value_counts().to_dict() == dict(model_catalogue().set_index("model")["clips"])

    def test_small_set_is_in_proportion(self) -> None:
        table = sample_gunshots(600, seed=4)
        counts = table["model"].value_counts()
        expected = model_catalogue().set_index("model")["clips"] / 3343 * 600
        common = expected[expected > 12].index  # the rare ones have six, for their sessions
        assert len(table) == 600 and counts.min() >= 6 and len(counts) == 32
        assert (abs(counts[common] / expected[common] - 1) < 0.2).all()

    def test_every_model_has_six_sessions_of_its_own(self, full: pd.DataFrame) -> None:
        for table in (full, sample_gunshots(192)):
            assert table.groupby("model")["session"].nunique().min() >= 6
            assert table.groupby("session")["model"].nunique().max() == 1

    def test_session_says_nothing_about_the_model(self) -> None:
        table = originals([*model_catalogue()["model"]], 3200)
        for name in ("place", "recorder", "native_rate_hz"):
            assert chi2_contingency(pd.crosstab(table["category"], table[name])).pvalue > 1e-3, name
        for name in ("distance_m", "angle_deg"):
            groups = [group.to_numpy() for _, group in table.groupby("category")[name]]
            assert kruskal(*groups).pvalue > 1e-3, name

    def test_session_has_one_place_and_recorder(self, full: pd.DataFrame) -> None:
        own = full[full["copy_of"] == ""].groupby("session")
        for name in ("place", "distance_m", "angle_deg", "recorder", "native_rate_hz", "session_seed"):
            assert (own[name].min() == own[name].max()).all(), name

    def test_ids_and_sounds_are_unique_but_for_copies(self, full: pd.DataFrame) -> None:
        assert full["id"].is_unique
        assert full.loc[full["copy_of"] == "", "seed"].is_unique

    def test_recordings_are_wrong_as_a_whole_and_as_often_as_asked(self) -> None:
        table = sample_gunshots(20_000, seed=2, wrong_label_fraction=0.05, duplicate_fraction=0)
        recordings = table.groupby(["session", "recording"])
        assert (recordings["true_model"].min() == recordings["true_model"].max()).all()
        first = recordings.first()
        wrong = first[first["model"] != first["true_model"]]
        assert binomtest(len(wrong), len(first), 0.05).pvalue > 1e-3
        category = model_catalogue().set_index("model")["category"]
        alike = int((wrong["category"] == wrong["true_model"].map(category)).sum())
        assert 0.55 < alike / len(wrong) < 0.8  # six in ten by intention, some of the rest by chance
        clean = sample_gunshots(1000, wrong_label_fraction=0)
        assert (clean["model"] == clean["true_model"]).all()

    def test_copies_are_of_the_same_model_and_of_both_kinds(self) -> None:
        table = sample_gunshots(6000, seed=3, duplicate_fraction=0.1)
        copies = table[table["copy_of"] != ""]
        assert len(copies) == 600
        source = table.set_index("id").loc[copies["copy_of"]]
        assert (source["copy_of"] == "").all()
        assert (source["model"].to_numpy() == copies["model"].to_numpy()).all()
        assert (source["seed"].to_numpy() == copies["seed"].to_numpy()).all()
        exact = int((copies["copy_seed"] == 0).sum())
        moved = int((source["session"].to_numpy() != copies["session"].to_numpy()).sum())
        for count in (exact, moved):
            assert binomtest(count, 600, 0.5).pvalue > 1e-3
        assert (sample_gunshots(500, duplicate_fraction=0)["copy_of"] == "").all()

    def test_seed_decides(self) -> None:
        pd.testing.assert_frame_equal(sample_gunshots(200, seed=5), sample_gunshots(200, seed=5))
        other = sample_gunshots(200, seed=6)
        assert not set(sample_gunshots(200, seed=5)["session"]) & set(other["session"])

    def test_some_models_are_taken_from_every_category(self) -> None:
        five = sample_gunshots(60, models=5)
        assert set(five["category"]) == set(TOTALS) and five["model"].nunique() == 5
        assert "Glock" in set(five["model"])
        assert set(sample_gunshots(20, models=["M4", "M16"])["model"]) == {"M4", "M16"}
        assert set(sample_gunshots(20, models="M4", wrong_label_fraction=1)["true_model"]) == {"M4"}

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"n": 31}, "n is 31"),
            ({"models": 0}, "1 to 32"),
            ({"models": ["M4", "AR"]}, "AR"),
            ({"models": []}, "empty"),
            ({"least_sessions": 0}, "least_sessions is 0"),
            ({"wrong_label_fraction": 1.5}, "1.5"),
            ({"duplicate_fraction": float("nan")}, "nan"),
            ({"difficulty": -1.0}, "difficulty is -1"),
        ],
    )
    def test_impossible_arguments_are_named(self, arguments: dict, message: str) -> None:
        with pytest.raises(ParameterError, match=message):
            sample_gunshots(**arguments)


class TestRender:
    def test_sounds_are_what_they_should_be(self) -> None:
        rows = sample_gunshots(64, seed=7)
        for (sound, rate), wanted in zip(render_gunshots(rows), rows["native_rate_hz"], strict=True):
            assert sound.dtype == np.float32 and sound.shape == (2 * rate,) and rate == wanted
            assert np.isfinite(sound).all() and 0.01 < np.abs(sound).max() <= 1
            steps = sound.astype(float) * 32_767
            np.testing.assert_allclose(steps, np.round(steps), atol=2e-2)

    def test_row_sounds_the_same_whatever_the_others(self) -> None:
        rows = sample_gunshots(64, seed=8)[::6]
        alone = [next(render_gunshots(rows[k : k + 1]))[0] for k in range(len(rows))]
        order = np.random.default_rng(0).permutation(len(rows))
        for position, (sound, _) in zip(order, render_gunshots(rows.iloc[order]), strict=True):
            np.testing.assert_array_equal(sound, alone[position])

    def test_clips_of_a_session_differ(self) -> None:
        rows = sample_gunshots(60, models="M4", least_sessions=1, duplicate_fraction=0)
        first, second = itertools.islice(render_gunshots(rows), 2)
        assert abs(np.corrcoef(first[0], second[0])[0, 1]) < 0.3

    def test_exact_copy_is_the_same_and_one_saved_again_nearly(self) -> None:
        table = sample_gunshots(400, seed=1, duplicate_fraction=0.1)
        copies = table[table["copy_of"] != ""]
        source = table.set_index("id", drop=False).loc[copies["copy_of"]]
        exact = (copies["copy_seed"] == 0).to_numpy()
        for kind, rows in (("exact", exact), ("again", ~exact)):
            pairs = zip(render_gunshots(copies[rows][:6]), render_gunshots(source[rows][:6]), strict=True)
            for (copy, _), (original, _) in pairs:
                assert np.array_equal(copy, original) == (kind == "exact")
                assert np.corrcoef(copy, original)[0, 1] > 0.8

    def test_loud_recorders_clip_and_good_ones_seldom(self) -> None:
        shares = {}
        for recorder in ("field recorder", "phone"):
            sounds = render_gunshots(originals("MG-42", 24, recorder=recorder, native_rate_hz=44_100))
            shares[recorder] = np.mean(
                [np.mean(np.abs(x) > 0.999 * np.abs(x).max()) > 1e-3 for x, _ in sounds]
            )
        assert shares["phone"] > 0.1 > shares["field recorder"]

    def test_band_limit_is_the_recorders(self) -> None:
        rows = originals("FN FAL", 8, recorder="phone", native_rate_hz=48_000)
        for sound, rate in render_gunshots(rows):
            power = np.abs(np.fft.rfft(sound)) ** 2
            frequency = np.fft.rfftfreq(len(sound), 1 / rate)
            # The corner is at 20 kHz at most; 1.1 times that lies 40 dB below.
            assert power[frequency > 22_500].mean() < 1e-3 * power[frequency < 5000].mean()

    @pytest.mark.parametrize(
        ("column", "value"),
        [("true_model", "Musket"), ("place", "moon"), ("recorder", "wax roll")],
    )
    def test_unknown_entries_are_named(self, column: str, value: str) -> None:
        rows = sample_gunshots(32)[:2].assign(**{column: value})
        with pytest.raises(DataError, match=value):
            render_gunshots(rows)

    def test_missing_column_is_named(self) -> None:
        with pytest.raises(DataError, match="session_seed"):
            render_gunshots(sample_gunshots(32).drop(columns="session_seed"))

    def test_too_short_a_clip_is_refused(self) -> None:
        with pytest.raises(ParameterError, match=r"duration_s is 0\.1"):
            render_gunshots(sample_gunshots(32), duration_s=0.1)


class TestRecording:
    def quiet(self, model: str, **chosen: object) -> pd.DataFrame:
        return originals(
            model,
            1,
            recorder="field recorder",
            native_rate_hz=48_000,
            place="open field",
            difficulty=0.2,
            **chosen,
        )

    def test_sound_rises_at_each_onset(self) -> None:
        for model, angle in (("Benelli Nova", 120.0), ("FN FAL", 20.0), ("PPSh-41", 20.0)):
            row = self.quiet(model, angle_deg=angle, distance_m=30.0)
            sound, rate, onsets = render_recording(row, duration_s=15)
            assert len(onsets) > 2 and (np.diff(onsets) > 0).all()
            for onset in onsets[(onsets > 0.05) & (onsets < 14.9)]:
                start = round(onset * rate)
                before = np.abs(sound[start - 144 : start - 24]).max()  # 3 ms to 0.5 ms before
                assert np.abs(sound[start : start + 48]).max() > 4 * before, (model, onset)

    def test_shock_wave_leads_the_blast_by_geometry(self) -> None:
        row = self.quiet("FN FAL", angle_deg=20.0, distance_m=100.0)
        ahead, rate, first = render_recording(row)
        behind, _, blast = render_recording(row.assign(angle_deg=160.0))
        lead = blast[0] - first[0]
        # Mach angle 25°: leaves the trajectory after 78 m (0.096 s), then 38 m by air (0.111 s); blast 0.294 s.
        assert len(first) == len(blast) and lead == pytest.approx(0.087, abs=0.006)
        start = round(first[0] * rate)
        assert np.abs(ahead[start : start + 48]).max() > 10 * np.abs(behind[start : start + 48]).max()

    def test_burst_has_the_cyclic_rate(self) -> None:
        table = originals("PPSh-41", 6)
        for k in range(6):
            _, _, onsets = render_recording(table[k : k + 1])
            gaps = np.diff(onsets)
            rates = 60 / gaps[gaps < 0.12]
            if len(rates) > 4:
                assert 850 * 0.97 < np.median(rates) < 1250 * 1.03  # the table's range
                break
        else:
            pytest.fail("no burst of a submachine gun in six recordings")

    def test_one_row_and_possible_lengths_are_asked_for(self) -> None:
        with pytest.raises(DataError, match="2 rows"):
            render_recording(sample_gunshots(32)[:2])
        with pytest.raises(ParameterError, match="pause_s is 0"):
            render_recording(sample_gunshots(32)[:1], pause_s=0)
