"""The parts of the dataset card of formats that contain tokens."""

from collections.abc import Mapping
from typing import Any

_SAMPLES = """\
for each sample in the sequence: `id`, `language` and `wiki` of its row; `start` and `end`, its \
position in the sequence (the end is exclusive); `offset`, the number of its tokens that earlier \
sequences contain"""
_COLUMNS = {
    "tokens": f"""\
| column | meaning |
|---|---|
| `input_ids` | token ids of a sequence |
| `samples` | {_SAMPLES} |""",
    "megatron": f"""\
| file | content |
|---|---|
| `….bin`, `….idx` | token ids, and where each sequence begins, as Megatron-LM writes them; each \
sequence is a document |
| `….samples.pq` | Parquet with the column `samples`: {_SAMPLES} |""",
}


def columns_of_tokens(name: str, parameters: Mapping[str, Any], *, mixed: bool = False) -> str:
    """Return what the files of a format contain, and how the sequences were made.

    `parameters`: of `shard` or `mix`; `mixed`: whether rows have a corpus and a stage.
    """
    table = _COLUMNS[name]
    if mixed:
        table = table.replace("`language` and `wiki`", "`language`, `wiki`, `corpus` and `stage`")
    return f"{table}\n\n{_sequences(parameters)}"


def _sequences(parameters: Mapping[str, Any]) -> str:
    end, size = parameters.get("document_end"), parameters.get("pack")
    token = f"the token `{end}`" if end else "the tokenizer's token for the end of a document"
    samples = f"""\
A sample is the text of a row (`text` of `--format cstool`), followed by
{token}, which occurs nowhere else. No other special tokens were added."""
    if size is None:
        return f"{samples} Each sequence is a sample."
    if parameters.get("whole_samples"):
        return f"""\
{samples} Sequences consist of consecutive samples
and have at most {size:,} tokens. A sample that did not fit begins the next sequence; only samples
of more than {size:,} tokens were cut. There is no padding."""
    return f"""\
{samples} The samples were joined and cut into
sequences of {size:,} tokens; the last sequence of a file may be shorter."""


def opening(folder: str, file: str) -> str:
    """Return how to open a corpus in the format `megatron`, and what its splits are.

    `folder`: of the corpus; `file`: one of its data files, without suffix.
    """
    return f"""\
With `pip install megatron-core torch`:

```python
from megatron.core.datasets.indexed_dataset import IndexedDataset

sequences = IndexedDataset("{folder}/{file}")
```

Each language is a folder with `train` files and, if it has enough pages, a `validation` file."""
