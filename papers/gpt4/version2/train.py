"""Train version 2: `python -m papers.gpt4.version2.train`."""

from common.exams.text import predictor
from common.run.launch import main
from common.run.resume import pack_all, unpack_all
from common.run.torch_training import build, train_torch
from common.run.training import fit
from papers.gpt4.task import Exam, with_weights
from papers.gpt4.version2 import model


def train(run):
    """Text and questions; then, in a copy, tuning by reward."""
    config, device = run.config, run.engine.device
    exam, read = Exam(run.data, config, run.quick), config.batch * config.context
    net, masters = build(run, lambda: model.GPT2(config, exam.symbols))
    learner, predict = model.Learner(config, net, masters, run.seed), predictor(net, net.read)
    tokens, spent = exam.train_on(device), model.compute(net, read * config.steps)
    train_torch(
        run, net, masters, learner, phase="pretrain", tokens_per_step=read,
        step=lambda i: learner.step(tokens, exam.rows(run.seed, i, device), i),
        validate=lambda: exam.validate(predict),
    )  # fmt: skip
    policy, own = build(run, lambda: with_weights(model.GPT2(config, exam.symbols), net))
    tuner, tuned = model.Tuner(config, policy, own, net), predictor(policy, policy.read)
    parts = {"before": (net,), "tuned": (policy, tuner.optimizer, own, {})}
    return fit(
        run, phase="tune", steps=config.tune_steps, tokens_per_step=2 * config.tune_batch,
        step=lambda i: tuner.step(*exam.tuning(run.seed, i, device)),
        validate=lambda: exam.validate(tuned),
        finish=lambda: exam.finish(predict, run.seed, tuned, model, spent),
        state=lambda: pack_all(parts), restore=lambda saved: unpack_all(saved, parts),
    )  # fmt: skip


if __name__ == "__main__":
    main(__spec__.name)
