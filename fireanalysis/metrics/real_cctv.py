"""False alarms on a real surveillance video without firearms: numbers that were kept.

The video is no part of this package. ``docs/results/segmentation_cctv.py`` measures it with a network that notebook 35
kept, and writes the table.
"""

from importlib.resources import files

import pandas as pd


def real_cctv_alarms() -> pd.DataFrame:
    """Look up how often a network that learned from simulated pictures raised an alarm in vain.

    Returns
    -------
    DataFrame
        One row a setting of the alarm: frames that were looked at, minutes; threshold, least_px, successive (see
        `alarm_curve`); false_alarms, an_hour, an_hour_low and an_hour_high (`hourly_rate`); network, video (with its
        licence).

    Examples
    --------
    >>> alarms = real_cctv_alarms().set_index(["threshold", "least_px", "successive"])["false_alarms"]
    >>> bool(alarms.loc[0.5, 20, 1] >= alarms.loc[0.99, 80, 3])
    True
    """
    with files("fireanalysis.metrics").joinpath("real_cctv.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file)
