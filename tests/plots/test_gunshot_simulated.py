import numpy as np

from fireanalysis.plots import spectra_and_envelopes


def test_medians_are_drawn_and_their_distance_is_said() -> None:
    rng = np.random.default_rng(0)
    bands = 62.5 * 2.0 ** (np.arange(25) / 3)
    real = rng.normal(-20, 1, (9, 25)), rng.normal(-30, 1, (9, 50))
    simulated = real[0] + 2.0, real[1] - 3.0
    figure = spectra_and_envelopes(
        {"real": real, "simulated": simulated}, bands_hz=bands, block_s=0.02, source="simulated"
    )
    assert "2.0 dB apart in spectrum, 3.0 dB in envelope" in figure.layout.title.text.replace("<br>", " ")
    lines = [trace for trace in figure.data if trace.name == "real"]
    np.testing.assert_allclose(lines[0].y, np.median(real[0], axis=0))
    np.testing.assert_allclose(lines[1].x[[0, -1]], [10, 990])


def test_what_was_not_measured_is_left_out() -> None:
    levels, envelopes = np.zeros((3, 25)), np.zeros((3, 50))
    levels[:, 20:] = np.nan
    figure = spectra_and_envelopes({"real": (levels, envelopes)}, bands_hz=np.arange(1, 26.0), block_s=0.02)
    assert len(figure.data[2].x) == 20
