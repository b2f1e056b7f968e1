import numpy as np
import pandas as pd
import pytest

from fireanalysis.errors import DataError
from fireanalysis.metrics import predict_batch, shortcut_table

FIREARM = np.arange(80)
STUDY, BRAND = FIREARM % 2, FIREARM // 2 % 2


def features() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(80, 3)) * 0.3
    return pd.DataFrame(
        {"texture": STUDY + noise[:, 0], "shape": BRAND + noise[:, 1], "nothing": noise[:, 2]}
    )


def test_what_tells_the_batch_and_what_the_class() -> None:
    table = shortcut_table(features(), STUDY, FIREARM, seed=0, labels=BRAND)
    assert table.index[0] == "texture"
    assert (table["p"] <= 0.05).to_dict() == {"texture": True, "shape": False, "nothing": False}
    assert table["class"].idxmax() == "shape"
    assert table.loc["shape", "class"] > 0.9 > 0.65 > table.loc["texture", "class"]
    alone = predict_batch(features()["texture"], STUDY, FIREARM, seed=0, permutations=199)
    assert table.loc["texture", "batch"] == alone.score.value


def test_looking_at_many_features_is_paid_for() -> None:
    noise = pd.DataFrame(np.random.default_rng(4).normal(size=(30, 25)))
    batch, firearm = np.arange(30) % 2, np.arange(30)
    table = shortcut_table(noise, batch, firearm, seed=0)
    single = {k: predict_batch(noise[k], batch, firearm, seed=0, permutations=199) for k in range(25)}
    best = max(single.values(), key=lambda test: test.score.value)
    assert best.p < 0.2 < table["p"].min()
    beaten = sum(max(test.null[draw] for test in single.values()) >= best.score.value for draw in range(199))
    assert table["p"].min() == (beaten + 1) / 200


def test_a_class_of_one_batch_has_no_score_without_it() -> None:
    table = shortcut_table(features(), STUDY, FIREARM, seed=0, labels=STUDY)
    assert table["class"].isna().all()
    with pytest.raises(DataError, match="no feature"):
        shortcut_table(pd.DataFrame(index=FIREARM), STUDY, FIREARM, seed=0)
