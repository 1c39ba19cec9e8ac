"""The rows of tokens of each task (Fig. 1, right). Only classification is trained here."""

from papers.gpt1.version2.model import DELIMITER, EXTRACT, START

Tokens = list[int]


def classification(text: Tokens) -> Tokens:
    return [START, *text, EXTRACT]


def entailment(premise: Tokens, hypothesis: Tokens) -> Tokens:
    return [START, *premise, DELIMITER, *hypothesis, EXTRACT]


def similarity(one: Tokens, other: Tokens) -> list[Tokens]:
    """There is no order between the two: both orders are read, what comes out is added."""
    return [entailment(one, other), entailment(other, one)]


def multiple_choice(context: Tokens, answers: list[Tokens]) -> list[Tokens]:
    """A row for each answer; a softmax is over the rows."""
    return [entailment(context, answer) for answer in answers]
