from .attention import attention_rollout
from .gradients import grad_cam, guided_grad_cam
from .hard_cases import difficulty, easiest_and_hardest
from .inputs import class_probabilities
from .label_audit import audit_curve, audit_predictions, mask_suspicion, out_of_sample
from .label_notes import read_label_notes, sample_names, write_label_notes
from .marks import attribution_gain, attribution_on_marks, half_area, shuffled
from .occlude import occlusion
from .wrong_labels import found_at_budget, label_suspicion

__all__ = [
    "attention_rollout",
    "attribution_gain",
    "attribution_on_marks",
    "audit_curve",
    "audit_predictions",
    "class_probabilities",
    "difficulty",
    "easiest_and_hardest",
    "found_at_budget",
    "grad_cam",
    "guided_grad_cam",
    "half_area",
    "label_suspicion",
    "mask_suspicion",
    "occlusion",
    "out_of_sample",
    "read_label_notes",
    "sample_names",
    "shuffled",
    "write_label_notes",
]
