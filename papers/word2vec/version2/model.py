"""Word vectors, Mikolov et al. 2013a and 2013b; version 2: nothing is computed for all words.

Both architectures (2013a, Sec. 3) and both objectives (2013b, Sec. 2) are one kind of example: some
words in, whose mean h is a point, and some rows of the second table, each of which should say yes
(label 1) or no (label 0) to it; with label -1 it is not asked. NumPy draws the examples of a part
of the text at once; `learn` takes them one after the other, in C++ where train.py has had kernel.py
built.

Shapes: V words, D numbers of a vector, N words of the part of the text that is read, R rows that
        an example asks.
"""

import heapq
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

FUSED = None  # `learn` of kernel.py, once train.py has had it built
TABLE = 1 << 22  # places of the table that negatives are drawn from; word2vec.c has 1e8


@dataclass(frozen=True)
class Config:  # defaults: 2013b, Sec. 3; the rate and passes are those of 2013a
    architecture: str = "skipgram"  # or "cbow"
    objective: str = "negative"  # or "hierarchical"
    size: int = 300
    window: int = 5  # C, the farthest context (2013b, Sec. 4.1)
    negatives: int = 15  # k; 5 to 20 for small training sets (2013b, Sec. 2.2)
    power: float = 0.75  # of the unigram distribution that they are drawn from
    subsample: float = 1e-5  # t (2013b, Sec. 2.3); 0: every word is read
    rate: float = 0.025  # falls along a line to 0 (2013a, Sec. 4.2)
    epochs: int = 3  # likewise
    steps: int = 120  # in which the text is read so many times

    def __post_init__(self):
        if self.architecture not in ("skipgram", "cbow"):
            raise ValueError(f"architecture is skipgram or cbow, not {self.architecture!r}")
        if self.objective not in ("negative", "hierarchical"):
            raise ValueError(f"objective is negative or hierarchical, not {self.objective!r}")
        least = {"size": 1, "window": 1, "negatives": 1, "epochs": 1, "steps": 1}
        for name, value in least.items():
            if getattr(self, name) < value:
                raise ValueError(f"{name} must be at least {value}")
        if self.rate <= 0 or self.subsample < 0:
            raise ValueError("rate must be positive, and subsample not negative")


class Pairs(NamedTuple):
    """Words and the words around them: a row for each pair, ordered by the place of the first."""

    place: np.ndarray  # of the word in the text
    word: np.ndarray
    context: np.ndarray


class Examples(NamedTuple):
    """What goes in and what is asked; example i has the entries from starts[i] to starts[i + 1]."""

    inputs: np.ndarray  # words, of all examples
    input_starts: np.ndarray
    outputs: np.ndarray  # rows of the second table, of all examples
    labels: np.ndarray  # one for each of these
    output_starts: np.ndarray


# -- what is read ---------------------------------------------------------------------------------


def kept(counts, threshold):
    """How likely each word is to be read (V,): 1 - P(w) of 2013b, Eq. 5."""
    if not threshold:
        return np.ones(len(counts))
    frequency = counts / counts.sum()
    return np.minimum(1, np.sqrt(threshold / np.maximum(frequency, 1e-300)))


def reach(rng, places, window):
    """How far each word looks, 1 to C: what is farther is looked at less (2013a, Sec. 3.2)."""
    return rng.integers(1, window + 1, size=places)


def pairs(tokens, line, far):
    """The pairs of `tokens` (N,), each with the words of its `line` (N,) up to `far` (N,) away."""
    most = int(far.max(initial=1))
    offsets = np.concatenate([np.arange(-most, 0), np.arange(1, most + 1)])
    other = np.arange(len(tokens))[:, None] + offsets
    there = np.clip(other, 0, len(tokens) - 1)
    together = (other == there) & (line[there] == line[:, None]) & (abs(offsets) <= far[:, None])
    place, column = np.nonzero(together)
    return Pairs(place, tokens[place], tokens[there[place, column]])


# -- what is asked --------------------------------------------------------------------------------


def noise(counts, power):
    """The distribution of negatives: the unigram distribution to a power (2013b, Sec. 2.2)."""
    weight = counts.astype(float) ** power
    return weight / weight.sum()


def huffman(counts):
    """Each word's way through the Huffman tree: the inner nodes, and where to turn (0 or 1).

    V - 1 inner nodes, the last of which is the root (2013b, Sec. 2.1; 2013a, Sec. 2.1).
    """
    heap = [(int(count), word) for word, count in enumerate(counts)]
    heapq.heapify(heap)
    above, size = {}, len(counts)
    for node in range(size - 1):
        both = 0
        for turn in (0, 1):
            count, child = heapq.heappop(heap)
            above[child] = node, turn
            both += count
        heapq.heappush(heap, (both, size + node))
    nodes, turns = [], []
    for word in range(size):
        way, child = [], word
        while child in above:
            node, turn = above[child]
            way.append((node, turn))
            child = size + node
        nodes.append([node for node, _ in reversed(way)])
        turns.append([turn for _, turn in reversed(way)])
    return nodes, turns


class Tree:
    """Hierarchical softmax: the nodes on the way to the word, and which way it goes."""

    def __init__(self, counts):
        nodes, turns = huffman(counts)
        self.length = np.array([len(way) for way in nodes])
        self.first = np.cumsum(self.length) - self.length
        self.nodes = np.array([node for way in nodes for node in way], dtype=np.int32)
        self.says = 1 - np.array([turn for way in turns for turn in way], dtype=np.float32)
        self.rows = len(counts) - 1

    def ask(self, rng, targets):
        length = self.length[targets]
        starts = np.append(0, np.cumsum(length))
        at = np.repeat(self.first[targets] - starts[:-1], length) + np.arange(starts[-1])
        return self.nodes[at], self.says[at], starts


class Negatives:
    """Negative sampling: the word itself, and k words of the noise distribution (2013b, Eq. 4)."""

    def __init__(self, counts, number, power):
        ends = (np.cumsum(noise(counts, power)) * TABLE).round().astype(np.int64)
        words = np.arange(len(counts), dtype=np.int32)
        self.table = np.repeat(words, np.diff(ends, prepend=0))
        self.number, self.rows = number, len(counts)

    def draw(self, rng, shape):
        return self.table[rng.integers(len(self.table), size=shape, dtype=np.int32)]

    def ask(self, rng, targets):
        drawn = self.draw(rng, (len(targets), self.number))
        asked = np.concatenate([targets[:, None], drawn], 1)
        labels = -(asked == targets[:, None]).astype(np.float32)  # no word against itself
        labels[:, 0] = 1
        starts = np.arange(len(targets) + 1) * asked.shape[1]
        return asked.ravel(), labels.ravel(), starts


# -- learning -------------------------------------------------------------------------------------


def examples(architecture, found, asking, rng):
    """A word predicts each of its contexts, or all of these together predict the word."""
    if architecture == "skipgram":
        inputs, targets, starts = found.word, found.context, np.arange(len(found.word) + 1)
    else:
        first = np.flatnonzero(np.diff(found.place, prepend=-1))
        inputs, targets = found.context, found.word[first]
        starts = np.append(first, len(inputs))
    outputs, labels, output_starts = asking.ask(rng, targets)
    return Examples(inputs, starts, outputs, labels, output_starts)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def learn(vectors, outer, batch, rate):
    """A step of gradient descent for each example; their loss in nats, all together.

    `vectors` (V, D) and `outer` change in place.
    """
    if FUSED is not None:
        loss, by = np.zeros(1), np.array([rate], dtype=np.float32)
        FUSED(vectors, outer, *batch, by, loss, len(batch.input_starts) - 1, vectors.shape[1])
        return float(loss[0])
    loss = 0.0
    for i, (start, end) in enumerate(zip(batch.input_starts, batch.input_starts[1:])):
        words = batch.inputs[start:end]
        asked = slice(batch.output_starts[i], batch.output_starts[i + 1])
        rows, labels = batch.outputs[asked], batch.labels[asked]
        rows, labels = rows[labels >= 0], labels[labels >= 0]
        h = vectors[words].mean(0)  # (D,): one word, or the mean of many
        says = sigmoid(outer[rows] @ h)  # (R,)
        loss -= np.log(np.maximum(np.where(labels > 0, says, 1 - says), 1e-7)).sum()
        g = np.float32(rate) * (labels - says)
        back = g @ outer[rows]  # (D,)
        np.add.at(outer, rows, g[:, None] * h)
        np.add.at(vectors, words, back / len(words))
    return float(loss)


class Learner:
    """Two tables, and what is drawn for them; all of it a function of the seed and the step."""

    def __init__(self, config, corpus, seed):
        self.config, self.seed = config, seed
        words, size = len(corpus.words), config.size
        rng = np.random.default_rng(seed)
        self.vectors = (rng.random((words, size), dtype=np.float32) - 0.5) / np.float32(size)
        if config.objective == "hierarchical":
            self.asking = Tree(corpus.counts)
        else:
            self.asking = Negatives(corpus.counts, config.negatives, config.power)
        self.outer = np.zeros((self.asking.rows, size), dtype=np.float32)
        self.kept = kept(corpus.counts, config.subsample)
        self.tokens, lines = corpus.tokens.astype(np.int32), len(corpus.starts) - 1
        self.line = np.repeat(np.arange(lines), np.diff(corpus.starts))

    def rate(self, i):
        """Falls along a line that reaches 0 behind the last step (2013a, Sec. 4.2)."""
        return self.config.rate * (1 - i / self.config.steps)

    def part(self, i, rng):
        """The words of the i-th step that are read, and of which lines they are."""
        words = len(self.tokens) * self.config.epochs  # to read in all steps
        first, end = (words * step // self.config.steps for step in (i, i + 1))
        place = np.arange(first, end) % len(self.tokens)
        tokens = self.tokens[place]
        read = rng.random(len(tokens)) < self.kept[tokens]
        return tokens[read], self.line[place][read]

    def batch(self, i):
        """The examples of the i-th step."""
        rng = np.random.default_rng((self.seed, i))
        tokens, line = self.part(i, rng)
        found = pairs(tokens, line, reach(rng, len(tokens), self.config.window))
        return examples(self.config.architecture, found, self.asking, rng)

    def step(self, i):
        """Learn from the next part of the text; the mean loss of its examples."""
        batch = self.batch(i)
        loss = learn(self.vectors, self.outer, batch, self.rate(i))
        return loss / max(1, len(batch.input_starts) - 1)

    def state(self):
        return {"vectors": self.vectors.copy(), "outer": self.outer.copy()}

    def restore(self, saved):
        self.vectors[:], self.outer[:] = (np.asarray(saved[name]) for name in ("vectors", "outer"))
