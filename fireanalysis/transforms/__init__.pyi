from .camera import LEVELS, damage_picture
from .comparison import (
    CellComparison,
    Comparison,
    compare_pairs,
    compare_surfaces,
    comparison_map,
    congruent_cells,
    laid_on,
)
from .compositing import BLENDS, paste
from .curvature import shape_index
from .degradation import degrade
from .frame_features import feature_columns, features_as_spectrograms, frame_features
from .masks import SIX_WAYS, polygons_mask, remove_streaks, six_ways, turned
from .onsets import detect_onsets
from .photometric_stereo import (
    Reconstruction,
    integrate_normals,
    photometric_normals,
    photometric_stereo,
    render_lights,
    ring_lights,
)
from .pictures import cut_tiles, fit_picture, merge_tiles, resize_longer, tiles
from .primer import Circle, find_primer, primer_view
from .signals import fit_duration, resample_audio
from .sound_damage import damage_sound
from .sound_features import mel_statistics
from .spectrogram import (
    CLIP_S,
    PAPER_MOMENTS,
    SAMPLE_RATE_HZ,
    log_spectrogram,
    log_spectrograms,
    shrink_spectrogram,
)
from .surface import (
    Moments,
    crop,
    level,
    normalise,
    quantise,
    remove_form,
    resample,
    rotate,
    shrink,
    surface_moments,
)
from .tint import TintMask, decode_tint

__all__ = [
    "BLENDS",
    "CLIP_S",
    "LEVELS",
    "PAPER_MOMENTS",
    "SAMPLE_RATE_HZ",
    "SIX_WAYS",
    "CellComparison",
    "Circle",
    "Comparison",
    "Moments",
    "Reconstruction",
    "TintMask",
    "compare_pairs",
    "compare_surfaces",
    "comparison_map",
    "congruent_cells",
    "crop",
    "cut_tiles",
    "damage_picture",
    "damage_sound",
    "decode_tint",
    "degrade",
    "detect_onsets",
    "feature_columns",
    "features_as_spectrograms",
    "find_primer",
    "fit_duration",
    "fit_picture",
    "frame_features",
    "integrate_normals",
    "laid_on",
    "level",
    "log_spectrogram",
    "log_spectrograms",
    "mel_statistics",
    "merge_tiles",
    "normalise",
    "paste",
    "photometric_normals",
    "photometric_stereo",
    "polygons_mask",
    "primer_view",
    "quantise",
    "remove_form",
    "remove_streaks",
    "render_lights",
    "resample",
    "resample_audio",
    "resize_longer",
    "ring_lights",
    "rotate",
    "shape_index",
    "shrink",
    "shrink_spectrogram",
    "six_ways",
    "surface_moments",
    "tiles",
    "turned",
]
