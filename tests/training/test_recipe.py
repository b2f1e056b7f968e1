from dataclasses import replace
from typing import Any

import pytest

from fireanalysis.errors import ParameterError
from fireanalysis.papers import paper_values
from fireanalysis.training import CNN, SOUND, VIT, Recipe


def test_the_paper_s_settings() -> None:
    # Sections 4.2.2 and 4.2.3.
    assert (CNN.optimiser, CNN.learning_rate, CNN.momentum) == ("sgd", 0.005, 0.9)
    assert (CNN.warmup_epochs, CNN.epochs, CNN.gamma, CNN.class_weights) == (5, 30, 2.0, True)
    assert (VIT.optimiser, VIT.learning_rate, VIT.weight_decay) == ("adamw", 1e-4, 0.05)
    assert (VIT.warmup_epochs, VIT.epochs, VIT.network) == (5, 50, "vit_b_16")


def test_the_gunshot_paper_s_settings() -> None:
    text = paper_values("gunshot", table="text").query("row == 'training'").set_index("metric")["value"]
    assert SOUND.learning_rate == text["learning rate"] and SOUND.weight_decay == text["weight decay"]
    assert (SOUND.batch_size, SOUND.epochs) == (text["batch size"], text["maximum epochs"])
    assert SOUND.patience == text["early stopping patience"]
    assert (SOUND.optimiser, SOUND.schedule, SOUND.selection) == ("adam", "plateau", "accuracy")
    assert (SOUND.gamma, SOUND.class_weights, SOUND.warmup_epochs) == (0, False, 0)  # plain cross-entropy


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"warmup_epochs": 2}, "a plateau schedule has none"),
        ({"moments": (0.2, 0.0)}, "standard deviation of moments is 0"),
        ({"selection": "loss"}, "selection is 'loss'"),
        ({"schedule": "cosine"}, "schedule is 'cosine'"),
    ],
)
def test_settings_that_do_not_go_together(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ParameterError, match=says):
        replace(SOUND, **change)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("optimiser", "lbfgs"),
        ("precision", "fp16"),
        ("learning_rate", 0.0),
        ("learning_rate", float("nan")),
        ("learning_rate", "0.1"),
        ("momentum", -0.1),
        ("weight_decay", -1e-4),
        ("warmup_epochs", -1),
        ("gamma", -2.0),
        ("gamma", float("nan")),
        ("epochs", 0),
        ("epochs", 2.5),
        ("batch_size", 1),
        ("oversample_to", -1),
        ("patience", 0),
        ("seed", -1),
    ],
)
def test_settings_out_of_range(name: str, value: Any) -> None:
    with pytest.raises(ParameterError, match=f"{name} is {value!r}"):
        replace(Recipe(), **{name: value})
