"""Text and questions from version 2: `papers generate gpt4 --prompt "αβ"`; forecasts from the
committed runs: `papers predict gpt4 --compute 1e12`."""

from common.ask.abilities import Contamination
from common.ask.text import text_writer
from common.ask.writer import Writer
from common.exams.text import predictor
from papers.gpt4 import ask
from papers.gpt4.task import Exam
from papers.gpt4.version2 import model


def load(checkpoint) -> tuple[Writer, Contamination]:
    """The network as it was before tuning, as a Writer; what of a test it has read."""
    exam = Exam(checkpoint.data, checkpoint.config)
    net = checkpoint.fill(lambda: model.GPT2(checkpoint.config, exam.symbols), "before.model.")
    seen = Contamination(lambda examples: list(model.contaminated(examples, exam.parts.train)))
    return text_writer(exam, predictor(net, net.read)), seen


def forecasts(compute):
    """What a run of so many FLOPs will give, by the committed runs with less: metric -> Forecast.
    UserError where there are too few of them."""
    return ask.forecasts(model.foretell, ask.committed(), compute)
