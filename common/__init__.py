"""The workshop: machinery that every paper shares and that knows no paper."""
