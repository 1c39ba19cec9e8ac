"""What was foretold of the held-out size, before it was run.

Written by `python -m papers.gpt4.evidence.forecast` from the ladder's records. The commit that a
record of the held-out size names must hold these very numbers: `papers report --check` looks.
"""

from common.evidence.claims import Predicted

# metric -> what the mean over the seeds is foretold to be, with an interval of 90%
PREDICTED = {
    "bits_per_character": Predicted(
        3.0246,
        2.9871,
        3.0642,
        made="2026-11-28T22:56+00:00",
        variant="version2-held_out",
        metric="bits_per_character",
    ),
    "log_pass": Predicted(
        0.40845,
        0.32297,
        0.47797,
        made="2026-11-28T22:56+00:00",
        variant="version2-held_out",
        metric="log_pass",
    ),
}

# the records from which it was foretold: variant -> seal
SEALS = {
    "version2-xs": "ef5d100ffec40c719c3e2abed45a7568e5ecbbee531af800ff6ca6fdfd24b2be",
    "version2-s": "762836284c1eedc23de68d96f64ee4fa92bf719912339a01e7aeafa6346b0800",
    "version2-m": "77580576a832b839dcb4a3592b7833e9bf241318fcb751ffef4c2305a9ede5e9",
    "version2-l": "e2e92ba2bb21b2ccfd20c9c5ff4bd7bc5c5580a803f6eb222da58c8f5f3450e9",
    "version2": "1c2cc9f45146d2d5e6756ab050b15aa8562b22dac311a069373124372bea6cda",
    "version2-xl": "a65522408db588682a775bd79d10fbce461c4981074befd40a91ad12e931779d",
}
