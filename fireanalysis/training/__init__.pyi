from .augmentation import augment, mix
from .batches import Batches, batches
from .classical import Learned, learn_and_predict, rows_of, seconds_a_map
from .classification import Classifier
from .classify import Shots, classify_recording, introduce, spectrogram_set
from .describer import Describer, describer
from .embedding_fit import EmbeddingFit, embed, fit_embedding, load_embedding_fit
from .embedding_recipe import METHODS, EmbeddingRecipe, retrieval_recipe
from .features import extract_features
from .fit import Fit, Prediction, fit_or_load
from .losses import FocalLoss, inverse_frequency
from .metric_losses import DoubleMarginLoss
from .oversampling import RotatedCopies, rotate_batch
from .pairs import propose_margins, sample_pairs
from .picture_augmentation import augment_pictures
from .picture_folder import Indexed, index_folder
from .picture_index import PictureIndex
from .picture_search import Found, search_pictures
from .predictions import paper_predictions
from .recipe import AUGMENTATIONS, CNN, SOUND, VIT, Recipe
from .segment import (
    FastNetwork,
    Watched,
    Way,
    fastest,
    measure_speed,
    segment_picture,
    watch_videos,
)
from .segment_file import Segmented, introduce_segmentation, overlay_mask, segment_file
from .segmentation import Segmenter
from .segmentation_fit import (
    SegmentationFit,
    fit_segmentation,
    keep_encoder_features,
    load_segmentation_fit,
)
from .segmentation_recipe import PICTURE_AUGMENTATIONS, SegmentationRecipe
from .two_stage import Routed, TwoStage

__all__ = [
    "AUGMENTATIONS",
    "CNN",
    "METHODS",
    "PICTURE_AUGMENTATIONS",
    "SOUND",
    "VIT",
    "Batches",
    "Classifier",
    "Describer",
    "DoubleMarginLoss",
    "EmbeddingFit",
    "EmbeddingRecipe",
    "FastNetwork",
    "Fit",
    "FocalLoss",
    "Found",
    "Indexed",
    "Learned",
    "PictureIndex",
    "Prediction",
    "Recipe",
    "RotatedCopies",
    "Routed",
    "SegmentationFit",
    "SegmentationRecipe",
    "Segmented",
    "Segmenter",
    "Shots",
    "TwoStage",
    "Watched",
    "Way",
    "augment",
    "augment_pictures",
    "batches",
    "classify_recording",
    "describer",
    "embed",
    "extract_features",
    "fastest",
    "fit_embedding",
    "fit_or_load",
    "fit_segmentation",
    "index_folder",
    "introduce",
    "introduce_segmentation",
    "inverse_frequency",
    "keep_encoder_features",
    "learn_and_predict",
    "load_embedding_fit",
    "load_segmentation_fit",
    "measure_speed",
    "mix",
    "overlay_mask",
    "paper_predictions",
    "propose_margins",
    "retrieval_recipe",
    "rotate_batch",
    "rows_of",
    "sample_pairs",
    "search_pictures",
    "seconds_a_map",
    "segment_file",
    "segment_picture",
    "spectrogram_set",
    "watch_videos",
]
