from .audio import Recording, read_audio, read_blocks
from .cartridge import load_cartridges
from .check import check_folder
from .comparison import comparison_maps, with_repeats
from .comparison_scores import load_comparison_scores
from .composites import load_composites
from .dataset import DataSet, check_parts, draw, enough_groups, split, split_crossed
from .duplicates import find_duplicates, without_duplicates
from .evidence_case import load_case
from .feature_tables import load_feature_tables
from .gunshot import CATEGORIES, load_gunshots
from .inputs import keep_primers, prepare_maps
from .joined import join_parts
from .kept_pictures import Example, keep_pictures, stacked
from .mask_files import MaskFile, read_mask
from .picture_duplicates import duplicate_sources, find_picture_duplicates
from .picture_query import picture_query
from .pictures import PICTURE_SUFFIXES, PictureFile, read_cutout, read_picture
from .predictions import Predictions, load_predictions
from .registry import DATA_SETS, fetch
from .retrieval import load_retrieval
from .retrieval_split import query_and_database, split_classes
from .segmentation import load_segmentation, six_ways_of, tint_report
from .segments import Segments, cut_segments
from .sized_pictures import keep_sized
from .spectrograms import keep_features, keep_spectrograms
from .store import Entry, digest, kept, opened
from .surface import Surface, read_surface
from .video import VIDEO_SUFFIXES, VideoInfo, is_video, read_frames, video_info, video_writer

__all__ = [
    "CATEGORIES",
    "DATA_SETS",
    "PICTURE_SUFFIXES",
    "VIDEO_SUFFIXES",
    "DataSet",
    "Entry",
    "Example",
    "MaskFile",
    "PictureFile",
    "Predictions",
    "Recording",
    "Segments",
    "Surface",
    "VideoInfo",
    "check_folder",
    "check_parts",
    "comparison_maps",
    "cut_segments",
    "digest",
    "draw",
    "duplicate_sources",
    "enough_groups",
    "fetch",
    "find_duplicates",
    "find_picture_duplicates",
    "is_video",
    "join_parts",
    "keep_features",
    "keep_pictures",
    "keep_primers",
    "keep_sized",
    "keep_spectrograms",
    "kept",
    "load_cartridges",
    "load_case",
    "load_comparison_scores",
    "load_composites",
    "load_feature_tables",
    "load_gunshots",
    "load_predictions",
    "load_retrieval",
    "load_segmentation",
    "opened",
    "picture_query",
    "prepare_maps",
    "query_and_database",
    "read_audio",
    "read_blocks",
    "read_cutout",
    "read_frames",
    "read_mask",
    "read_picture",
    "read_surface",
    "six_ways_of",
    "split",
    "split_classes",
    "split_crossed",
    "stacked",
    "tint_report",
    "video_info",
    "video_writer",
    "with_repeats",
    "without_duplicates",
]
