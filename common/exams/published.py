"""What others report for the exams that papers share, beside the size `long`."""

from common.paper import Published

TINY_SHAKESPEARE = (  # nats per character on the last tenth of the text
    Published(
        "nanoGPT, 10.65 million parameters on a GPU",
        1.4697,
        "https://github.com/karpathy/nanoGPT#quick-start",
        "in windows of 256 characters, the best of its validations",
    ),
    Published(
        "nanoGPT, 0.8 million parameters on a CPU",
        1.88,
        "https://github.com/karpathy/nanoGPT#quick-start",
        "in windows of 64 characters",
    ),
)
