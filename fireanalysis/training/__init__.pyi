from .augmentation import augment, mix
from .batches import Batches, batches
from .classical import Learned, learn_and_predict, rows_of, seconds_a_map
from .classification import Classifier
from .classify import Shots, classify_recording, introduce, spectrogram_set
from .features import extract_features
from .fit import Fit, Prediction, fit_or_load
from .losses import FocalLoss, inverse_frequency
from .oversampling import RotatedCopies, rotate_batch
from .recipe import AUGMENTATIONS, CNN, SOUND, VIT, Recipe
from .two_stage import Routed, TwoStage

__all__ = [
    "AUGMENTATIONS",
    "CNN",
    "SOUND",
    "VIT",
    "Batches",
    "Classifier",
    "Fit",
    "FocalLoss",
    "Learned",
    "Prediction",
    "Recipe",
    "RotatedCopies",
    "Routed",
    "Shots",
    "TwoStage",
    "augment",
    "batches",
    "classify_recording",
    "extract_features",
    "fit_or_load",
    "introduce",
    "inverse_frequency",
    "learn_and_predict",
    "mix",
    "rotate_batch",
    "rows_of",
    "seconds_a_map",
    "spectrogram_set",
]
