"""The exam of the room: that of papers/bert, with the same pieces and stretches to pre-train on."""

from papers.bert.task import Exam

__all__ = ["Exam"]
