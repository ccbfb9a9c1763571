"""Pairs for translation models: a code-switched sentence, and the plain one it was made from.

A model that is to write the plain sentence must render the switched names in the language of the
rest: denoising by entities (DEEP, Hu et al. 2022, doi:10.18653/v1/2022.acl-long.123), with words
code-switched from a lexicon (mRASP, Lin et al. 2020; CSP, Yang et al. 2020). In front of the input
stands the token that names the language to write (`<2en>`), as Johnson et al. 2017 (Google's
multilingual NMT) have it and MADLAD-400 (Kudugunta et al. 2023) still does.
"""

import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays.arrow import one_chunk
from cstool.languages.codes import bcp47

MT = pa.schema(
    [
        ("id", pa.int64()),
        ("language", pa.string()),
        ("target_language", pa.string()),
        ("source", pa.string()),
        ("target", pa.string()),
    ]
)


def pairs(table: pa.Table) -> pa.Table:
    """Return switched rows as pairs: `source` with the token in front, and `target`, plain.

    The token's tag is BCP 47: `<2en>`, `<2zh-Hant>`.
    """
    targets = one_chunk(table.column("source_language")).dictionary_encode()
    tokens = pa.array([f"<2{bcp47(code)}> " for code in targets.dictionary.to_pylist()])
    return pa.table(
        [
            table.column("id"),
            table.column("language"),
            table.column("source_language"),
            pc.binary_join_element_wise(tokens.take(targets.indices), table.column("text"), ""),
            table.column("source_text"),
        ],
        schema=MT,
    )
