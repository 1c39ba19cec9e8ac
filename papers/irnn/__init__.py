"""IRNN: a recurrent network of rectified units whose recurrence begins as the identity matrix."""

from common.paper import Metric, Paper

PAPER = Paper(
    title="A Simple Way to Initialize Recurrent Networks of Rectified Linear Units",
    authors="Quoc V. Le, Navdeep Jaitly, Geoffrey E. Hinton",
    year=2015,
    url="https://arxiv.org/abs/1504.00941",
    versions={
        "version1": "NumPy, gradients by hand, trained as the example mnist_irnn.py of Keras",
        "version2": "torch, centred pixels, wide first weights, Adam, clipping, a falling rate",
    },
    metric=Metric("test_error", "% wrong digits (test)"),
    dataset="digits",
    cites=("rnn", "lstm"),
    counts="images",
    also={
        "Keras, examples/mnist_irnn.py": (
            "https://github.com/keras-team/keras/blob/keras-2/examples/mnist_irnn.py"
        ),
        "Talathi and Vartak 2015, Improving Performance of Recurrent Neural Network with ReLU": (
            "https://arxiv.org/abs/1511.03771"
        ),
    },
)
