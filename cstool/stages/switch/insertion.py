"""What stands in a row at the place of an anchor: a name, marks around it, the anchor itself."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.stages.switch.options import Side, Style, SwitchOptions


@dataclass(frozen=True)
class Insertion:
    """How names are put into text: in place of anchors or beside them, between two marks."""

    style: Style
    side: Side
    open: str
    close: str

    @staticmethod
    def of(options: SwitchOptions) -> "Insertion":
        """Return what the options ask for; they must be resolved."""
        return Insertion(options.style, options.side, options.open or "", options.close or "")

    @property
    def plain(self) -> bool:
        """Whether names alone stand in place of anchors."""
        return self.style == "replace" and not self.open and not self.close

    def texts(self, anchors: pa.StringArray, names: pa.StringArray) -> pa.StringArray:
        """Return what stands in place of each anchor, with its name."""
        pieces = [pa.scalar(self.open), names, pa.scalar(self.close)]
        if self.style == "annotate":
            pieces.insert(0 if self.side == "right" else len(pieces), anchors)
        return pc.binary_join_element_wise(*pieces, "")

    def before(self, anchors: Array) -> Array:
        """Return int64[n]: the characters before each name; `anchors`: the lengths of anchors."""
        right = self.style == "annotate" and self.side == "right"
        return (anchors if right else np.zeros_like(anchors)) + len(self.open)

    def after(self, anchors: Array) -> Array:
        """Return int64[n]: the characters behind each name; `anchors`: the lengths of anchors."""
        left = self.style == "annotate" and self.side == "left"
        return (anchors if left else np.zeros_like(anchors)) + len(self.close)
