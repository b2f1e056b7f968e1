from .batches import Batches, batches
from .classification import Classifier
from .features import extract_features
from .fit import Fit, Prediction, fit_or_load
from .losses import FocalLoss, inverse_frequency
from .oversampling import RotatedCopies, rotate_batch
from .recipe import CNN, VIT, Recipe

__all__ = [
    "CNN",
    "VIT",
    "Batches",
    "Classifier",
    "Fit",
    "FocalLoss",
    "Prediction",
    "Recipe",
    "RotatedCopies",
    "batches",
    "extract_features",
    "fit_or_load",
    "inverse_frequency",
    "rotate_batch",
]
