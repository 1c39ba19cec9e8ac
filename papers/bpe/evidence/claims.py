"""What Sennrich et al. 2016 and GPT-2's paper claim of subword units. measures.py measures it."""

from __future__ import annotations

from common.evidence.claims import Claim
from common.evidence.measuring import higher, lower
from papers.bpe import PAPER
from papers.bpe.evidence import measures

NEWEST = PAPER.newest
GPT2 = "Radford et al. 2019, Sec. 2.2"
TABLE1 = "Sec. 4.1, Table 1"

CLAIMS = (
    Claim(
        id="lower",
        place="Sec. 3.2, Fig. 1",
        sentence="With the merges of Fig. 1 the unknown word 'lower' is cut into 'low er.'.",
        kind="exact",
        measure=measures.lower,
    ),
    Claim(
        id="first-merge",
        place="Sec. 3.2, Algorithm 1 and Fig. 1",
        sentence="In low, lowest, newer and wider no pair is more frequent than r and the word's "
        "end, which is merged first.",
        kind="exact",
        measure=measures.first_merge,
        unit="occurrences",
    ),
    Claim(
        id="gpt2-vocabulary",
        place=GPT2 + " and 2.3",
        sentence="256 bytes, 50,000 merges and one special token are 50,257 entries.",
        kind="exact",
        measure=measures.gpt2_vocabulary,
        unit="entries",
    ),
    Claim(
        id="linear",
        place="this repository",
        sentence="Merges can be applied in linear time, even to a million equal letters.",
        kind="exact",
        measure=measures.linear,
        unit="times the look-ups for ten times the text",
    ),
    Claim(
        id="tiktoken",
        place=GPT2,
        sentence="On cl100k_base version 2 gives the ids of tiktoken, and the text back.",
        kind="equivalence",
        measure=measures.same_ids_as_tiktoken,
        unit="texts that differ",
    ),
    Claim(
        id="tokenizers",
        place="Sec. 3.2, Algorithm 1",
        sentence="From the same text version 2 learns the 4,096 tokens that `tokenizers` learns.",
        kind="equivalence",
        measure=measures.same_vocabulary_as_tokenizers,
        unit="ids that differ",
    ),
    Claim(
        id="versions-agree",
        place="Sec. 3.2, 'updating data structures incrementally'",
        sentence="Counting anew and keeping counts up to date learn the same merges, up to a tie.",
        kind="equivalence",
        measure=measures.version1_equals_version2,
        unit="merges that differ",
    ),
    Claim(
        id="open-vocabulary",
        place=TABLE1,
        sentence="Held-out text has fewer unseen units in byte pair encoding than in words.",
        kind="direction",
        experiment=measures.rows("bpe", "words", "unseen"),
        unit="unseen units per word",
        expected="0 of BPE, 1,079 words",
    ),
    Claim(
        id="compact-vocabulary",
        place=TABLE1,
        sentence="Byte pair encoding needs fewer types than words.",
        kind="direction",
        experiment=measures.rows("bpe", "words", "types"),
        unit="types",
        expected="63,000 < 1,750,000",
    ),
    Claim(
        id="compact-text",
        place=TABLE1,
        sentence="A text is shorter in byte pair encoding than in character bigrams.",
        kind="direction",
        experiment=measures.rows("bpe", "bigrams", "tokens"),
        unit="tokens per word",
        expected="112 m < 306 m",
    ),
    Claim(
        id="separate-is-compact",
        place="Sec. 3.2",
        sentence="At equal merges an encoding of one language makes its text shorter than a joint.",
        kind="direction",
        experiment=measures.rows("bpe", "joint", "tokens"),
        unit="tokens per word",
        expected="separate < joint",
    ),
    Claim(
        id="joint-is-unseen",
        place=f"{TABLE1}, footnote 10",
        sentence="A joint encoding produces more units unseen in the one language.",
        kind="direction",
        experiment=measures.rows("bpe", "joint", "unseen"),
        unit="unseen units per word",
        expected="0 < 32",
    ),
    Claim(
        id="rare-words",
        place="Sec. 3.2",
        sentence="Frequent words become single symbols; rare words stay in pieces.",
        kind="direction",
        experiment=measures.rows("frequent", "rare", "tokens"),
        unit="tokens per word",
        expected="frequent < rare",
    ),
    Claim(
        id="end-of-word",
        place="Sec. 3.2; rsennrich/subword-nmt#19",
        sentence="The end of the word on the last character leaves fewer unseen units than apart.",
        kind="direction",
        experiment=measures.rows("bpe", "apart", "unseen"),
        unit="unseen units per word",
        expected="attached < apart",
    ),
    Claim(
        id="merges-help",
        place="this repository",
        sentence="More merges make a text cheaper for a model of the same order.",
        kind="direction",
        measure=measures.merges_help,
        unit="bits per byte",
        expected="all merges < 100 merges",
    ),
    Claim(
        id="space-exception",
        place=GPT2,
        sentence="Letting a space go with the word after it improves compression.",
        kind="direction",
        measure=higher(NEWEST, f"{NEWEST}+space_apart", metric="bytes_per_token"),
        unit="bytes per token",
        expected="with > without",
    ),
    Claim(
        id="categories-apart",
        place=GPT2,
        sentence="Keeping letters and punctuation apart uses a limited vocabulary better.",
        kind="direction",
        measure=lower(NEWEST, f"{NEWEST}+words_by_white_space"),
        unit="bits per byte",
        expected="apart < together",
    ),
    Claim(
        id="translation",
        place="Sec. 4.2, Tables 2 and 3",
        sentence="Subword units translate better than a dictionary behind a vocabulary of words.",
        kind="out of reach",
        reason="Recurrent translation networks on 4.2 million sentences, each trained for a week, "
        "in ensembles of eight. Of the table: with single models BPE-60k has 0.5 BLEU less than "
        "the dictionary, and on unseen words the dictionary has the better F1.",
    ),
)
