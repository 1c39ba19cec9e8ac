"""Train version 1: `python -m papers.rnn.version1.train`."""

import numpy as np

from common.launch import main
from common.training import fit
from papers.rnn.task import Exam
from papers.rnn.version1 import model


def train(run):
    """One character sequence after the other, from the text's start to its end, and again."""
    config, exam = run.config, Exam(run.data)
    weights = model.initialise(config, exam.symbols, np.random.default_rng(run.seed))
    memory = {name: np.zeros_like(w) for name, w in weights.items()}
    carried = {"h": np.zeros(config.hidden), "smooth": np.log([exam.symbols]) * config.sequence}
    chunks = (len(exam.train) - 1) // config.sequence

    def step(i):
        start = i % chunks * config.sequence
        h = carried["h"] if start else np.zeros(config.hidden)
        x, y = (exam.train[start + k : start + k + config.sequence] for k in (0, 1))
        loss, gradients, carried["h"] = model.loss_and_gradients(weights, x, y, h)
        gradients = model.clip_by_value(gradients, config.clip)
        model.adagrad(weights, gradients, memory, config.learning_rate)
        carried["smooth"] = model.smooth(carried["smooth"], loss)
        return loss / config.sequence

    def predict(tokens, state):
        return model.predict(weights, tokens, state)

    def finish():
        metrics, samples = exam.finish(predict, run.seed)
        reported = carried["smooth"].item() / config.sequence / np.log(2)
        return {**metrics, "reported_bits": reported}, samples

    def state():
        return {**weights, **{f"adagrad.{k}": m for k, m in memory.items()}, **carried}

    def restore(saved):
        for name in weights:
            weights[name][:], memory[name][:] = saved[name], saved[f"adagrad.{name}"]
        carried.update(h=saved["h"].numpy(), smooth=saved["smooth"].numpy())

    return fit(run, steps=config.steps, tokens_per_step=config.sequence, step=step,
               validate=lambda: exam.validate(predict), finish=finish, state=state, restore=restore)  # fmt: skip


if __name__ == "__main__":
    main(__spec__.name)
