"""This room's side of tests/test_shapes.py."""

import torch

from common.data.text import Characters
from common.run.engine import Masters

B, T, Q, H, K, V, L, N = 11, 53, 3, 7, 2 * 11, 31, 2 * 17, 13
D = 2 * H * K
SIZES = {
    **{"B": B, "Q": Q, "H": H, "K": K, "D": D, "F": 8 * D // 3, "V": V, "L": L, "N": N},
    "T": (T, 4),  # while a text is read on, the new tokens alone
    "S": (T + 4, T),
}
SMALL = {"d_model": D, "heads": H, "layers": 2, "batch": B, "steps": 2}


class Stretches:
    tokens = torch.arange(B * T).view(B, T) % V
    asked = torch.arange(B * Q).view(B, Q) % (T - 2)
    text = tokens[:, 1:] < 20


def run(version, load):
    """Two steps of learning and a look inside; a text that is read on; stretches of the exam."""
    if not version:
        sit(load("task"))
        return
    model = load("model")
    config = model.Config(**SMALL)
    net = model.DiffTransformer(config, V)
    learner = model.Learner(config, net, Masters(net.parameters()))
    for i in range(2):
        learner.step(Stretches, *([i] if version == "version2" else []))
    list(net.look(Stretches.tokens))
    if version == "version2":
        _, state = net.read(Stretches.tokens)
        net.read(Stretches.tokens[:, :4], state)


def sit(task):
    """An exam of one text with other counts of everything."""
    task.NEEDLES, task.QUESTIONS, task.LENGTH = N, Q, L + N + 2 * Q
    exam = task.Exam.__new__(task.Exam)
    exam.vocabulary, exam.device = task.Vocabulary(Characters("abc")), "cpu"
    exam.parts = {"test": torch.arange(400) % 3}
    stretches = exam.draw("test", B, torch.Generator().manual_seed(0))
    length = L + N + 2 * Q
    exam.nats(lambda tokens: torch.zeros(*tokens.shape, V + 200), stretches)
    weights = torch.rand(B, H, length, length)
    exam.inside(lambda tokens: [(weights, weights, torch.rand(B, length, D))], stretches)
    return stretches.text
