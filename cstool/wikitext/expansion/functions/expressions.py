"""Arithmetic: the expressions of `#expr` and `#ifexpr`.

After MediaWiki's extension ParserFunctions (REL1_39, ExprParser.php): its operators, their ranks,
and its errors.
"""

import math
import re

from cstool.wikitext.expansion.functions.arithmetic import (
    BINARY,
    OPEN,
    SIGNS,
    UNARY,
    ExpressionError,
    Operator,
)
from cstool.wikitext.expansion.functions.php_values import Number, leading_number, to_text

_DEEPEST = 100
_TOKEN = re.compile(r"[ \t\r\n]+|(?P<number>[0-9.]+)|(?P<word>[A-Za-z]+)|<=|>=|<>|!=|.", re.DOTALL)
_ESCAPED = re.compile("&lt;|&gt;|&minus;|−")
_PLAIN = {"&lt;": "<", "&gt;": ">", "&minus;": "-", "−": "-"}


def evaluate(expression: str) -> str:
    """Return the value of an expression; several values are separated by `<br />`.

    Raises ExpressionError.
    """
    return _Evaluation().of(_ESCAPED.sub(lambda match: _PLAIN[match[0]], expression))


class _Evaluation:
    """The stacks of one expression: operands, and operators that wait for their right side."""

    def __init__(self) -> None:
        self.operands: list[Number] = []
        self.operators: list[Operator] = []
        self.expects_value = True

    def of(self, expression: str) -> str:
        for match in _TOKEN.finditer(expression):
            if max(len(self.operands), len(self.operators)) > _DEEPEST:
                raise ExpressionError("Expression error: Stack exhausted.")
            if match["number"]:
                self._value(float(leading_number(match[0])))
            elif match["word"]:
                self._word(match[0].lower())
            elif match[0] == "(":
                self._open()
            elif match[0] == ")":
                self._close()
            elif match[0] in "+-" and self.expects_value:
                self.operators.append(SIGNS[match[0]])
            elif match[0] in BINARY:
                self._binary(match[0])
            elif match[0].strip(" \t\r\n"):
                raise ExpressionError(
                    f'Expression error: Unrecognized punctuation character "{match[0]}".'
                )
        while self.operators:
            operator = self.operators.pop()
            if operator is OPEN:
                raise ExpressionError("Expression error: Unclosed bracket.")
            self._apply(operator)
        return "<br />\n".join(map(to_text, self.operands))

    def _value(self, number: Number) -> None:
        if not self.expects_value:
            raise ExpressionError("Expression error: Unexpected number.")
        self.operands.append(number)
        self.expects_value = False

    def _word(self, word: str) -> None:
        if word == "pi" or (word == "e" and self.expects_value):
            self._value(math.pi if word == "pi" else math.e)
        elif word in UNARY:
            if not self.expects_value:
                raise ExpressionError(f"Expression error: Unexpected {word} operator.")
            self.operators.append(UNARY[word])
        elif word in BINARY:
            self._binary(word)
        else:
            raise ExpressionError(f'Expression error: Unrecognized word "{word}".')

    def _open(self) -> None:
        if not self.expects_value:
            raise ExpressionError("Expression error: Unexpected ( operator.")
        self.operators.append(OPEN)

    def _close(self) -> None:
        while self.operators and self.operators[-1] is not OPEN:
            self._apply(self.operators.pop())
        if not self.operators:
            raise ExpressionError("Expression error: Unexpected closing bracket.")
        self.operators.pop()
        self.expects_value = False

    def _binary(self, name: str) -> None:
        operator = BINARY[name]
        if self.expects_value:
            raise ExpressionError(f"Expression error: Unexpected {name} operator.")
        while self.operators and operator.rank <= self.operators[-1].rank:
            self._apply(self.operators.pop())
        self.operators.append(operator)
        self.expects_value = True

    def _apply(self, operator: Operator) -> None:
        count = operator.operands
        if len(self.operands) < count:
            raise ExpressionError(f"Expression error: Missing operand for {operator.name}.")
        taken = self.operands[-count:]
        del self.operands[-count:]
        self.operands.append(operator.apply(*taken))
