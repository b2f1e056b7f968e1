from .cartridge import ShapeIndexExplorer
from .cartridge_occlusion import OcclusionExplorer
from .confusion import ConfusionExplorer
from .evidence_abstain import CoverageExplorer
from .evidence_batch import BatchExplorer
from .evidence_calibration import CalibrationExplorer
from .evidence_case import CaseExplorer
from .evidence_labels import AuditExplorer
from .evidence_lr import EvidenceExplorer
from .explorer import Explorer, FigureChooser
from .gunshot import SoundExplorer
from .gunshot_stages import TwoStageExplorer
from .live_curves import LiveCurves
from .relabel import RelabelExplorer
from .retrieval import RetrievalExplorer
from .retrieval_margins import MarginExplorer
from .segmentation import SegmentationExplorer

__all__ = [
    "AuditExplorer",
    "BatchExplorer",
    "CalibrationExplorer",
    "CaseExplorer",
    "ConfusionExplorer",
    "CoverageExplorer",
    "EvidenceExplorer",
    "Explorer",
    "FigureChooser",
    "LiveCurves",
    "MarginExplorer",
    "OcclusionExplorer",
    "RelabelExplorer",
    "RetrievalExplorer",
    "SegmentationExplorer",
    "ShapeIndexExplorer",
    "SoundExplorer",
    "TwoStageExplorer",
]
