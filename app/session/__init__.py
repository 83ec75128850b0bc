"""What is open and how it changes: one immutable project, edits as functions, undo. No Qt."""
