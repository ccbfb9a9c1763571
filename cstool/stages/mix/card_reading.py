"""The section of a mixture's card on how to read it."""

from cstool.formats.corpus_formats import CorpusFormat
from cstool.stages.mix.card_yaml import READABLE
from cstool.storage.mixture import Mixture


def reading_section(mixture: Mixture, form: CorpusFormat) -> str:
    """Return the section: how to load the stages in order, with the libraries of the format."""
    stages = [stage.folder for stage in mixture.stages]
    order = ", ".join(f'"{stage}"' for stage in stages)
    files = f"`{form.folder}/<stage>/train-*.{form.suffix}`"
    if form.suffix not in READABLE:
        return f"""\
## Reading the mixture

The files are {files}.
Train on the stages in this order: {", ".join(stages)}.
A trainer that shuffles, as Megatron-LM does, has to be given one stage at a time.
"""
    libraries = "datasets zstandard" if form.suffix.endswith(".zst") else "datasets"
    return f"""\
## Reading the mixture

The files are {files}.
Each stage is a configuration with the split `train`; without a name, `load_dataset` reads all
stages in the order of training. The rows of a stage are shuffled already; to shuffle all rows would
mix the stages. With `pip install {libraries}`:

```python
from datasets import load_dataset

for stage in [{order}]:
    rows = load_dataset("PATH/OF/THIS/FOLDER", stage, split="train")
```
"""
