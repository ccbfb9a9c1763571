"""The published masking strategies, as tables of probabilities.

EntityCS (Whitehouse et al. 2022, section 2 and its table 2) for `mlm`, `wep`, `pep-…` and their
sums with `mlm`; Di Liello, *Structural Self-Supervised Objectives for Transformers* (2023, first
part; first in Di Liello et al., EMNLP Findings 2022) for `rts`, `c-rts` and `slm`. `input-only` is
of PreAlign (Li et al., EMNLP 2024) and draws nothing: see `original_tokens`.
"""

from dataclasses import dataclass, replace
from typing import Literal, get_args

from cstool.errors import WrongCallError

RuleSource = Literal["paper", "code"]


@dataclass(frozen=True)
class Probabilities:
    """Probabilities for a token, or for an entity as a `whole`.

    `candidate`: the probability to become a candidate. `masked`, `random`, `kept`: the fractions of
    candidates that are masked, replaced by a random token, or kept; all three are predicted. Other
    tokens are neither changed nor predicted.
    """

    candidate: float
    masked: float = 0.0
    random: float = 0.0
    kept: float = 0.0
    whole: bool = False


@dataclass(frozen=True)
class Strategy:
    """Probabilities inside and outside entities; None changes nothing there.

    `detect`: labels say whether a token was replaced (1) or not (0), instead of the original token.
    `clusters`: replacements are drawn by clusters of tokens.
    """

    name: str
    inside: Probabilities | None
    outside: Probabilities | None
    detect: bool = False
    clusters: bool = False

    @property
    def masks(self) -> bool:
        """Whether the strategy needs a mask token."""
        return any(c is not None and c.masked > 0 for c in (self.inside, self.outside))


_MLM = Probabilities(0.15, 0.8, 0.1, 0.1)
_SWAP = Probabilities(0.15, random=1.0)
_ENTITIES = {
    "wep": Probabilities(1.0, 0.8, 0.0, 0.2, whole=True),
    "pep-mrs": Probabilities(1.0, 0.8, 0.1, 0.1),
    "pep-ms": Probabilities(1.0, 0.8, 0.0, 0.1),
    "pep-m": Probabilities(1.0, 0.8),
}
# The paper keeps and predicts a tenth; the code predicts all candidates that it does not mask.
_CODE = {"pep-ms": Probabilities(1.0, 0.8, 0.0, 0.2)}
_TOKENS = {
    "mlm": Strategy("mlm", _MLM, _MLM),
    "rts": Strategy("rts", _SWAP, _SWAP, detect=True),
    "c-rts": Strategy("c-rts", _SWAP, _SWAP, detect=True, clusters=True),
    "slm": Strategy("slm", _SWAP, _SWAP),
}
INPUT_ONLY = "input-only"
STRATEGIES = ("mlm", *_ENTITIES, *(f"{name}+mlm" for name in _ENTITIES), "rts", "c-rts", "slm")


def strategy_of(name: str, rules: RuleSource = "paper") -> Strategy:
    """Return the strategy of that name. Raises KeyError if there is none.

    `rules`: whether to follow EntityCS's paper or its code where they differ; raises WrongCallError
    for other values.
    """
    if rules not in get_args(RuleSource):
        raise WrongCallError(f"unknown rules {rules!r}; use {' or '.join(get_args(RuleSource))}")
    if name == INPUT_ONLY:
        return Strategy(name, None, None)
    if name in _TOKENS:
        return _TOKENS[name]
    entity, plus, _ = name.partition("+mlm")
    inside = (_ENTITIES | _CODE if rules == "code" else _ENTITIES)[entity]
    if not plus:
        return Strategy(name, inside, None)
    # Half of the entities, so that about as many tokens are masked as without.
    return Strategy(name, replace(inside, candidate=0.5), _MLM)
