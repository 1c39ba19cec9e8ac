"""Text from the speedrun: `papers generate gpt2 --version speedrun`."""

from common.ask.text import text_writer
from common.exams.text import predictor
from papers.gpt2.speedrun import model
from papers.gpt2.task import Exam


def load(checkpoint):
    """The trained network as a Writer."""
    config = checkpoint.config
    exam = Exam(checkpoint.data, config)
    net = checkpoint.fill(lambda: model.Speedrun(config, exam.symbols), "model.")
    return text_writer(exam, predictor(net, net.read), attend=lambda tokens: maps(net, tokens))


def maps(net, tokens):
    """Each block's attention weights (H, T, T)."""
    for x, matrices in net.blocks(tokens):
        if matrices is not None:
            yield net.weights(x, matrices)[0]
