"""How this room writes, token after token, on from the prompt; and where its heads look."""

from __future__ import annotations

from common.errors import UserError
from common.generation import Attention, Settings, Writer
from papers.gpt2.task import SAMPLE_TEMPERATURE, Exam


def writer(exam: Exam, predict, maps) -> Writer:
    """`predict` as in the exam; `maps(tokens (1, T))` gives each layer's weights (H, T, T).

    An empty prompt is the end of a line, as in the exam's samples.
    """
    start = "\n" if "\n" in exam.parts.train else exam.parts.train[0]

    def encode(prompt):
        return exam.vocabulary.encode(prompt or start)

    def read(tokens, state):
        log_p, state = predict(tokens, state)
        return log_p[:, -1], state

    def attend(text):
        import torch

        tokens = torch.as_tensor(encode(text))[None]
        if tokens.shape[1] > exam.context:
            raise UserError(
                f"this text has {tokens.shape[1]} tokens; one window has {exam.context}."
            )
        shown = [exam.vocabulary.decode([token]) for token in tokens[0].tolist()]
        with torch.no_grad():
            return [
                Attention(f"layer {n}", shown, shown, weights.numpy())
                for n, weights in enumerate(maps(tokens), start=1)
            ]

    return Writer(
        encode=encode,
        decode=exam.vocabulary.decode,
        next=read,
        defaults=Settings(temperature=SAMPLE_TEMPERATURE),
        attend=attend,
    )
