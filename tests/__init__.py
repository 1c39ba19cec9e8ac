"""Tests of `common` and of the architecture; `tests.factory` makes what they run on."""
