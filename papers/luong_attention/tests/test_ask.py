"""Translations and alignments from a checkpoint of a short training."""

import numpy as np
import torch

from common.exams.translation import Evaluated
from papers.luong_attention.evidence import twins
from papers.luong_attention.version2 import ask


def test_an_alignment_has_a_weight_for_each_pair_of_words_and_is_the_models_own():
    net = twins.toy(True, "general", window="local-m", span=2)
    source, inputs = twins.SOURCE[:1].numpy(), twins.TARGET[:1].numpy()
    found = ask.alignment(net, source, inputs)
    assert found.shape == (1, 5, 7)
    np.testing.assert_allclose(found.sum(2), 1, rtol=1e-5)
    seen = np.abs(np.arange(7)[None] - np.arange(5)[:, None]) <= 2
    assert (found[0][~seen] == 0).all() and (found[0][seen] > 0).all()


def test_what_is_asked_step_by_step_is_what_the_exam_asks():
    judged = Evaluated(twins.toy(True, "general", window="local-p", span=3))
    source, target = twins.SOURCE.numpy(), twins.TARGET.numpy()
    cache, whole = judged.start(source), judged.scores(source, target)
    for t in range(1, 6):
        step = judged.step(cache, target[:, :t])
        torch.testing.assert_close(step, whole[:, t - 1], atol=1e-5, rtol=1e-5)
