"""Runs in a browser, without an account: TensorBoard with a tab of our own."""
