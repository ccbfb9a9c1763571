"""Print one sentence as masked by each strategy of `cstool mask`.

Usage: python -m scripts.train.show_masking                     the table of docs/training.md
       python -m scripts.train.show_masking --write             write the table into the file
       python -m scripts.train.show_masking CORPUS TOKENIZER    a sentence of another corpus

⟨…⟩ are entities; ▒▒▒ is masked, `word!` replaces another word, `word?` is kept but also predicted.
Special tokens are left out.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors

from cstool.masking.clusters import Clusters
from cstool.masking.draw import KEPT, MASKED, RANDOM, mask, sentence_keys
from cstool.masking.strategies import STRATEGIES, RuleSource, strategy_of
from cstool.masking.tokens import Spans, tokenize
from cstool.masking.vocabulary import Vocabulary

DOCS = Path(__file__).parents[2] / "docs/training.md"
BEGIN, END = "<!-- made by scripts/train/show_masking.py -->\n", "<!-- so far -->\n"
# Seeds are looked for until a line shows all that its strategy does, so many at most.
_SEEDS = 60


@dataclass(frozen=True)
class Sentence:
    """A row of a corpus: its id, language, text, and entities as (start, end)."""

    id: int
    language: str
    text: str
    entities: tuple[tuple[int, int], ...]


TEXT = "Ридли Скотт turned the book into the film Бегущий по лезвию in 1982 ."
OURS = Sentence(1 << 20, "ru", TEXT, ((0, 11), (42, 59)))
_PIECES = (
    "Рид ##ли Скотт turned the book into film Бег ##ущий по лез ##вию in 1982 . Paris river green "
    "##ing ##ский Анна was small"
)


def own_tokenizer() -> Tokenizer:
    """Return a WordPiece tokenizer of a handful of tokens, which splits our sentence."""
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    numbers = {token: i for i, token in enumerate([*special, *_PIECES.split()])}
    tokenizer = Tokenizer(models.WordPiece(numbers, unk_token="[UNK]"))
    tokenizer.add_special_tokens(special)
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return tokenizer


def line(tokenizer: Tokenizer, sentence: Sentence, name: str, rules: RuleSource, seed: int) -> str:
    """Return the sentence as a strategy shows it, drawn as `cstool mask` draws."""
    vocabulary = Vocabulary.of(tokenizer)
    places = np.array(sentence.entities, np.int64).reshape(-1, 2)
    spans = Spans(np.zeros(len(places), np.int64), places[:, 0], places[:, 1])
    tokens = tokenize(tokenizer, vocabulary, [sentence.text], spans, 10**6).tokens
    keys = sentence_keys(np.array([sentence.id]), [sentence.language], seed, epoch=0)
    clusters = Clusters.of(np.arange(len(vocabulary.special)) % 5, vocabulary)
    made = mask(tokens, keys, strategy_of(name, rules), vocabulary, clusters)
    words = []
    for place in np.flatnonzero(~vocabulary.special[tokens.ids]):
        word = tokenizer.id_to_token(int(made.input_ids[place])) or ""
        marked = {MASKED: "▒▒▒", RANDOM: f"{word}!", KEPT: f"{word}?"}
        words.append((int(tokens.entities[place]), marked.get(int(made.fates[place]), word)))
    return " ".join(_in_brackets(words))


def _in_brackets(words: list[tuple[int, str]]) -> Iterator[str]:
    for i, (entity, word) in enumerate(words):
        before = words[i - 1][0] if i else 0
        after = words[i + 1][0] if i + 1 < len(words) else 0
        opened = "⟨" if entity and entity != before else ""
        closed = "⟩" if entity and entity != after else ""
        yield f"{opened}{word}{closed}"


def telling(tokenizer: Tokenizer, sentence: Sentence, name: str, rules: RuleSource) -> str:
    """Return the line of the first seed that shows all that a strategy does, or most of it."""
    strategy = strategy_of(name, rules)
    sides = [side for side in (strategy.inside, strategy.outside) if side]
    marks = [
        mark
        for mark, share in (
            ("▒", max(side.masked for side in sides)),
            ("!", max(side.random for side in sides)),
            ("?", max(side.kept for side in sides)),
        )
        if share
    ]
    best = ""
    for seed in range(_SEEDS):
        drawn = line(tokenizer, sentence, name, rules, seed)
        if all(mark in drawn for mark in marks):
            return drawn
        best = max(best, drawn, key=lambda some: sum(mark in some for mark in marks))
    return best


def table(tokenizer: Tokenizer, sentence: Sentence) -> str:
    """Return a Markdown table, a strategy a row."""
    rows = ["| strategy | what the model sees |", "|---|---|", f"| (text) | {sentence.text} |"]
    cases: list[tuple[str, RuleSource]] = [(name, "paper") for name in STRATEGIES]
    cases.insert(4, ("pep-ms", "code"))
    for name, rules in cases:
        label = f"`{name}`" + (" `--rules code`" if rules == "code" else "")
        rows.append(f"| {label} | {telling(tokenizer, sentence, name, rules)} |")
    return "\n".join(rows) + "\n"


def of_corpus(corpus: Path) -> Sentence:
    """Return a corpus's first sentence with two entities, in the language that comes last."""
    frame = pl.scan_parquet(corpus / "data/*/*.parquet")
    two = (pl.col("entities").list.len() == 2) & (pl.col("language") != pl.col("source_language"))
    row = frame.filter(two).sort("id", "language").last().collect().to_dicts()[0]
    spans = tuple((entity["start"], entity["end"]) for entity in row["entities"])
    return Sentence(row["id"], row["language"], row["text"], spans)


def with_table(document: str) -> str:
    """Return the document with the table made anew."""
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + table(own_tokenizer(), OURS) + END + after


def main(arguments: list[str]) -> None:
    """Print or write the table."""
    if arguments == ["--write"]:
        DOCS.write_text(with_table(DOCS.read_text("utf-8")), "utf-8")
    elif len(arguments) == 2:
        tokenizer = Tokenizer.from_file(arguments[1])
        sentence = of_corpus(Path(arguments[0]))
        print(f"{sentence.text}\n")
        for name in ("mlm", "wep", "pep-ms+mlm", "rts"):
            print(f"{name:11} {telling(tokenizer, sentence, name, 'paper')}")
    elif not arguments:
        print(table(own_tokenizer(), OURS), end="")
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
