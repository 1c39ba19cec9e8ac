"""Text from the speedrun: `papers generate gpt2 --version speedrun`."""

from papers.gpt2.ask import writer
from papers.gpt2.speedrun import model
from papers.gpt2.task import Exam, predictor


def load(checkpoint):
    """The trained network as a Writer."""
    config = checkpoint.config
    exam = Exam(checkpoint.data, config.context, lambda text, characters: characters)
    net = checkpoint.fill(lambda: model.Speedrun(config, exam.symbols), "model.").eval()
    return writer(exam, predictor(net), lambda tokens: maps(net, tokens))


def maps(net, tokens):
    """Each block's attention weights (H, T, T)."""
    for x, matrices in net.blocks(tokens):
        if matrices is not None:
            yield net.weights(x, matrices)[0].float()
