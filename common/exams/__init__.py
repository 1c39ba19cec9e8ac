"""The exams that several papers share: what is tested, on which part, by which rule."""
