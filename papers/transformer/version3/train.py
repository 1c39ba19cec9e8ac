"""Train version 3: `python -m papers.transformer.version3.train`."""

import torch

from common.run.engine import Masters
from common.run.launch import main
from common.run.parallel import spread
from common.run.resume import pack, unpack
from common.run.training import fit
from papers.transformer.task import Evaluated, Exam
from papers.transformer.version3 import model


def train(run):
    """Batch after batch; the mean of the last checkpoints sits the exam."""
    config, exam, engine = run.config, Exam(run.data), run.engine
    torch.manual_seed(run.seed)
    net = model.Transformer(config, exam.symbols).to(engine.device, engine.dtype)
    spread(net, "scores")
    masters, judged = Masters(net.parameters()), Evaluated(net)
    learner = model.Learner(config, net, masters, run.seed)
    own = (net, learner.optimizer, masters, learner.carried)
    batches = exam.batches(config.batch, run.seed)
    return fit(
        run,
        steps=config.steps,
        tokens_per_step=batches.tokens,
        step=lambda i: learner.step(
            *(torch.as_tensor(a, device=engine.device) for a in batches(i)), i
        ),
        validate=lambda: exam.validate(judged),
        finish=lambda: exam.finish(judged, learner.average),
        state=lambda: pack(*own),
        restore=lambda saved: unpack(saved, *own),
    )


if __name__ == "__main__":
    main(__spec__.name)
