"""How often real recordings of gunshots were named rightly, sessions held out and not: numbers that were kept.

The recordings are no part of this package. ``docs/results/gunshot_real.py`` measures them (486 clips of a public set of
unclear licence, 7 models, 58 sessions, which are inferred) and writes the numbers, with settings and versions, to
``docs/results/gunshot_real.json``.
"""

from importlib.resources import files

import pandas as pd


def real_gunshot_scores() -> pd.DataFrame:
    """Look up what each method got right on real recordings, and its lead over an SVM on mel statistics.

    Returns
    -------
    DataFrame
        One row a split ("by session", "by clip") and method: right_percent, low, high (95 % interval, sessions
        resampled), macro_recall_percent, session_percent (mean over sessions), lead_points over the SVM whose C was
        chosen, under the same split (or over what the method says it is held against), lead_low, lead_high.

    Examples
    --------
    >>> scores = real_gunshot_scores().set_index(["split", "method"])["right_percent"]
    >>> bool(scores["by clip", "SVM, C chosen"] > scores["by session", "SVM, C chosen"] + 30)
    True
    """
    with files("fireanalysis.metrics").joinpath("real_gunshots.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file)
