"""The exams that several papers share: what a model is asked, and how the answer is scored."""
