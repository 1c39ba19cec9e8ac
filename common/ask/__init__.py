"""What a trained model is asked: to write, to chat, to show where it looks."""

DEMO = "demo"  # the folder of a room's demo weights
