"""Training on a corpus with PyTorch: a collator that masks on the fly, a sampler of languages.

Needs the extra `train`. The drawing is `cstool.masking`'s, the same that `cstool mask`
does.
"""

from cstool.training.collator import EntityMaskingCollator
from cstool.training.sampling import SmoothedSampler, hold_out, smoothed_shares

__all__ = ["EntityMaskingCollator", "SmoothedSampler", "hold_out", "smoothed_shares"]
