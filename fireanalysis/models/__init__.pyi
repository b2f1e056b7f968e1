from .backbones import backbone, head_name, memory_format, without_head
from .cartridge import random_forest, support_vector_machine
from .padding import padded_batch
from .retrieval import EMBEDDERS, POOLINGS, Embedder, embedder
from .segmentation import ACTIVATIONS, ENCODERS, STRIDE, Decoder, Encoder, patch_discriminator, segmenter
from .sound_classifiers import (
    FrameStatistics,
    GaussianMixtures,
    HiddenMarkovModels,
    linear_discriminant,
    sound_support_vector_machine,
)

__all__ = [
    "ACTIVATIONS",
    "EMBEDDERS",
    "ENCODERS",
    "POOLINGS",
    "STRIDE",
    "Decoder",
    "Embedder",
    "Encoder",
    "FrameStatistics",
    "GaussianMixtures",
    "HiddenMarkovModels",
    "backbone",
    "embedder",
    "head_name",
    "linear_discriminant",
    "memory_format",
    "padded_batch",
    "patch_discriminator",
    "random_forest",
    "segmenter",
    "sound_support_vector_machine",
    "support_vector_machine",
    "without_head",
]
