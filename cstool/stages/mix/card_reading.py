"""The section of a mixture's card on how to read it."""

from cstool.formats.corpus_formats import CorpusFormat
from cstool.storage.mixture import Mixture

_FOLDER = "PATH/OF/THIS/FOLDER"


def reading_section(mixture: Mixture, form: CorpusFormat) -> str:
    """Return the section: how to read the stages in order, with the libraries of the format."""
    files = f"The files are `{form.folder}/<stage>/train-*.{form.suffix}`."
    how = _with_datasets(mixture, form) if form.loads else _with_megatron(mixture)
    return f"## Reading the mixture\n\n{files}\n{how}\n"


def _with_datasets(mixture: Mixture, form: CorpusFormat) -> str:
    libraries = "datasets zstandard" if form.suffix.endswith(".zst") else "datasets"
    order = ", ".join(f'"{stage.folder}"' for stage in mixture.stages)
    return f"""\
Each stage is a configuration with the split `train`; without a name, `load_dataset` reads all
stages in the order of training. The rows of a stage are shuffled already; to shuffle all rows would
mix the stages. With `pip install {libraries}`:

```python
from datasets import load_dataset

for stage in [{order}]:
    rows = load_dataset("{_FOLDER}", stage, split="train")
```"""


def _with_megatron(mixture: Mixture) -> str:
    files = [
        f'"data/{stage.folder}/train-{number:05d}-of-{stage.files:05d}"'
        for stage in mixture.stages
        for number in range(min(stage.files, 1))
    ]
    order = ", ".join(files)
    return f"""\
The stages are in the order of training. Megatron-LM shuffles the sequences of all files that it is
given together, so it has to be given the files of one stage at a time. The first file of each
stage, with `pip install megatron-core torch`:

```python
from megatron.core.datasets.indexed_dataset import IndexedDataset

for file in [{order}]:
    sequences = IndexedDataset("{_FOLDER}/" + file)
```"""
