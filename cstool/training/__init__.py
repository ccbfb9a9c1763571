"""Training on a corpus with PyTorch: a collator that masks batches, and a sampler of languages.

Needs the extra `train`. Masking uses the same functions of `cstool.masking` as `cstool mask`.
"""

from cstool.training.collator import EntityMaskingCollator
from cstool.training.sampling import SmoothedSampler, hold_out, smoothed_shares

__all__ = ["EntityMaskingCollator", "SmoothedSampler", "hold_out", "smoothed_shares"]
