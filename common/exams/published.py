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

FASHION = "https://github.com/zalandoresearch/fashion-mnist#benchmark"
FASHION_MNIST = (  # % wrong test images, as others sent them to the set's authors
    Published("ResNet-18", 5.1, FASHION, "flips, shifts and turns"),
    Published("two convolutions, fewer than 100,000 parameters", 7.5, FASHION),
    Published("gradients' histograms and an SVM", 7.4, FASHION),
    Published("three layers of perceptrons, 256, 128 and 64 wide", 10.0, FASHION),
    Published("people without knowledge of fashion", 16.5, FASHION, "on 1,000 images"),
)

MINIATURES = "https://huggingface.co/google/bert_uncased_L-8_H-128_A-2"
SST2 = (  # % wrong sentences of GLUE's test split, whose labels are not public
    Published("BERT-Mini, 4 layers of 256", 14.1, MINIATURES, "read all of Wikipedia and books"),
    Published("BERT-Tiny, 2 layers of 128", 16.8, MINIATURES, "read all of Wikipedia and books"),
)
