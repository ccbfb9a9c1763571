"""Measure the cost of adapting names to their context: CPU time per name, by step.

    python -m scripts.bench.fitting [--names 1000000] [--sentences 4096]

Names are in four scripts; one in twenty has brackets, one in a hundred needs normalisation. A
sentence has two mentions, a mention five names; one mention in eight begins a sentence, one in six
follows an article.
"""

import argparse
import random
import time
from collections.abc import Callable

import numpy as np
import pyarrow as pa

from cstool.languages.fitting import around, fit, inflected, places, tidy

_SYLLABLES = ["ba", "bel", "cor", "da", "el", "fin", "gra", "hu", "ka", "lor", "men", "no"]
_OTHERS = ["Бер", "лин", "мос", "ква", "東", "京", "都", "বাং", "লা", "é", "ü"]


def make_names(number: int, rng: random.Random) -> list[str]:
    """Return names of one to three words."""

    def word() -> str:
        syllables = _SYLLABLES if rng.random() < 0.6 else _OTHERS
        return "".join(rng.choices(syllables, k=rng.randint(2, 4)))

    names = []
    for _ in range(number):
        name = " ".join(word() for _ in range(rng.randint(1, 3)))
        chance = rng.random()
        name = name.title() if rng.random() < 0.8 else name
        name += " (abc)" if chance < 0.05 else " (abc" if chance < 0.055 else ""
        names.append(f"{name}\u200b" if chance > 0.995 else name)
    return names


def make_sentences(
    number: int, names: list[str], rng: random.Random
) -> tuple[list[str], list[tuple[int, int, int]]]:
    """Return sentences and their mentions: the sentence's number, start and end."""
    texts, mentions = [], []
    for sentence in range(number):
        first, second = rng.choices(names, k=2)
        head = "" if rng.random() < 0.25 else "He came to the "
        middle = " and the " if rng.random() < 0.1 else " and so on, as was said of "
        text = f"{head}{first}{middle}{second}{rng.choice(['.', ', it is said.', ' of old.'])}"
        at = len(head) + len(first) + len(middle)
        mentions += [(sentence, len(head), len(head + first)), (sentence, at, at + len(second))]
        texts.append(text)
    return texts, mentions


def told(step: str, number: int, work: Callable[[], object], times: int = 5) -> None:
    """Print a step's CPU time, the least of several runs, for a million."""
    best = float("inf")
    for _ in range(times):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    print(f"{step:32} {best / number * 1e6:6.2f} CPU seconds a million")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--names", type=int, default=1_000_000)
    parser.add_argument("--sentences", type=int, default=4096)
    given = parser.parse_args()
    rng = random.Random(1)
    some = make_names(min(given.names, 50_000), rng)
    names = pa.array([some[i % len(some)] for i in range(given.names)])
    tidy(names.slice(0, 100))
    told("tidy, a name", len(names), lambda: tidy(names), 2)
    neat = tidy(pa.array(some)).names
    texts_, mentions = make_sentences(given.sentences, neat.to_pylist(), rng)
    texts = pa.array(texts_)
    sentence, start, end = np.array(mentions).T
    seen = around(texts, sentence, start, end)
    place = places(seen, None, "en")
    told("around, a mention", len(mentions), lambda: around(texts, sentence, start, end))
    told("places, a mention", len(mentions), lambda: places(seen, None, "en"))
    mention = np.repeat(np.arange(len(mentions)), 5)
    put = neat.take(pa.array(np.random.default_rng(1).integers(0, len(neat), len(mention))))
    language = np.tile(np.arange(5), len(mentions))
    codes = ["de", "fr", "ru", "tr", "ja"]
    told("fit, a name", len(put), lambda: fit(put, mention, language, place, codes))
    anchors = seen.anchors
    none = pa.nulls(len(anchors), pa.list_(pa.string()))
    # Each of them is looked at, and none is remembered from the run before.
    odd = pa.array([f"{name}s" for name in anchors.to_pylist()])
    told("inflected, an anchor unlike", len(odd), lambda: inflected(odd, anchors, none, "en"), 1)
    told("inflected, an anchor alike", len(odd), lambda: inflected(anchors, anchors, none, "en"))


if __name__ == "__main__":
    main()
