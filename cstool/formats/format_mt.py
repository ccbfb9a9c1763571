"""The format `mt`: pairs of a switched sentence and its source sentence, for translation models.

To produce the source sentence, a model has to translate the switched names: denoising by entities
(DEEP, Hu et al. 2022, doi:10.18653/v1/2022.acl-long.123), and by words that are code-switched with
a lexicon (mRASP, Lin et al. 2020; CSP, Yang et al. 2020). The input starts with a token for the
target language (`<2en>`), as in Johnson et al. 2017 (Google's multilingual NMT) and MADLAD-400
(Kudugunta et al. 2023).
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
        ("wiki", pa.string()),
    ]
)


def pairs(table: pa.Table) -> pa.Table:
    """Return switched rows as pairs: `source`, which starts with the language token, and `target`.

    The token contains a BCP 47 tag: `<2en>`, `<2zh-Hant>`.
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
            table.column("wiki"),
        ],
        schema=MT,
    )
