//! Random edits before, during and after a run: what the user had stays byte for byte.
