"""What the GPT-4 report claims; measures.py says how we measure it."""

from common.evidence.claims import Claim
from common.evidence.measuring import lower
from papers.gpt4 import PAPER
from papers.gpt4.evidence import measures
from papers.gpt4.evidence.predicted import PREDICTED

NEWEST = PAPER.newest

TOLD = {  # metric -> what is said of it
    "bits_per_character": ("loss", "Sec. 3.1; Fig. 1", "The final loss is foretold.", "bits"),
    "log_pass": ("pass-rate", "Sec. 3.2; Fig. 2", "The pass rate is foretold.", "nats"),
}
FORETOLD = tuple(
    Claim(
        id=f"{name}-inside",
        place=place,
        sentence=f"{sentence[:-1]} before the run: it lies in its interval of 90 %.",
        kind="prediction",
        unit=unit,
        predicted=PREDICTED[metric],
    )
    for metric, (name, place, sentence, unit) in TOLD.items()
    if metric in PREDICTED
)

CLAIMS = (
    *FORETOLD,
    Claim(
        id="law-is-recovered",
        place="Sec. 3.1",
        sentence="From losses that follow a C^b + c, the fit foretells what the law gives.",
        kind="exact",
        measure=measures.law_is_recovered,
        unit="relative error",
    ),
    Claim(
        id="units-do-not-count",
        place="Sec. 3.1",
        sentence="In other units of compute and loss the forecast is the same.",
        kind="exact",
        measure=measures.units_do_not_count,
        unit="relative error",
    ),
    Claim(
        id="intervals-cover",
        place="Sec. 3.1; Fig. 1",
        sentence="Where the law holds, nine of ten runs fall into the interval.",
        kind="exact",
        measure=measures.intervals_cover,
        unit="of made runs",
    ),
    Claim(
        id="six-n-d",
        place="Sec. 3.1; Kaplan et al. 2020, Sec. 2.1",
        sentence="6 N D, embeddings counted, is what the products of a training cost.",
        kind="exact",
        measure=measures.compute_is_six_n_d,
        unit="of torch's count",
    ),
    Claim(
        id="calibration-by-hand",
        place="Fig. 8; Guo et al. 2017, Eq. 3",
        sentence="Four answers in two bins, reckoned by hand.",
        kind="exact",
        measure=measures.by_hand,
        unit="calibration error",
    ),
    Claim(
        id="calibrated-is-zero",
        place="Fig. 8",
        sentence="Who is right as often as said has no calibration error.",
        kind="exact",
        measure=measures.calibrated_is_zero,
        unit="calibration error",
    ),
    Claim(
        id="check-finds",
        place="App. C",
        sentence="Substrings tell which questions were asked in training.",
        kind="exact",
        measure=measures.check_finds_what_was_asked,
        unit="questions",
    ),
    Claim(
        id="clean-split",
        place="App. C",
        sentence="Held-out text has no 50 characters in a row of the training text: our own split.",
        kind="exact",
        measure=measures.shared_with_training,
        unit="speeches",
    ),
    Claim(
        id="fit-is-scipys",
        place="Sec. 3.1",
        sentence="The fit foretells what SciPy's curve_fit does.",
        kind="equivalence",
        measure=measures.fit_is_scipys,
        unit="relative error",
    ),
    Claim(
        id="reliability-is-sklearns",
        place="Fig. 8",
        sentence="The reliability curve is scikit-learn's calibration_curve.",
        kind="equivalence",
        measure=measures.calibration_is_sklearns,
        unit="absolute error",
    ),
    Claim(
        id="penalty-is-torchs",
        place="Sec. 2",
        sentence="Reward and penalty, with gradients, are those of torch.distributions.",
        kind="equivalence",
        measure=measures.penalty_is_torchs,
        unit="absolute error",
    ),
    Claim(
        id="floor-is-nearer",
        place="Sec. 3.1",
        sentence="With an irreducible term the forecast is nearer than without.",
        kind="direction",
        measure=measures.floor_is_nearer,
        unit="of the loss",
        expected="a C^b + c nearer than a C^b",
    ),
    Claim(
        id="ends-are-nearer",
        place="Sec. 3.1; Hoffmann et al. 2022, Sec. 2",
        sentence="Runs whose schedules end foretell the loss better than runs whose rate stays.",
        kind="direction",
        measure=measures.ends_are_nearer,
        unit="of the loss",
        expected="ended nearer than not",
    ),
    Claim(
        id="nearer-is-better",
        place="Sec. 3",
        sentence="The farther one extrapolates the worse it is: from 1/3 against 1/30.",
        kind="direction",
        measure=measures.nearer_is_better,
        unit="of the loss",
        expected="3 x nearer than 30 x",
    ),
    Claim(
        id="passes-are-foretold",
        place="Sec. 3.2; Fig. 2",
        sentence="-E[log(pass rate)] = alpha C^-k foretells more than that nothing changes.",
        kind="direction",
        measure=measures.passes_are_foretold,
        unit="of -log pass rate",
        expected="the law nearer than the last size",
    ),
    Claim(
        id="tuning-hurts-calibration",
        place="Fig. 8",
        sentence="Before tuning by reward the model is better calibrated than after.",
        kind="direction",
        measure=lower((NEWEST, "calibration_error"), (NEWEST, "calibration_error_tuned")),
        unit="calibration error",
        expected="before < after",
    ),
    Claim(
        id="size",
        place="Sec. 2",
        sentence="Size, architecture, hardware, compute and data: the report withholds them.",
        kind="out of reach",
        reason="Nothing is said, so nothing can be compared; rumours are no source.",
    ),
    Claim(
        id="exams",
        place="Sec. 4; Tables 1 and 2",
        sentence="Scores of exams and benchmarks, such as MMLU and HumanEval.",
        kind="out of reach",
        reason="They need the model, which can be asked but neither trained nor looked into.",
    ),
)
