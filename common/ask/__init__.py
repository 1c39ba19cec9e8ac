"""What a trained model is asked: to write, to chat, to show where it looks."""
