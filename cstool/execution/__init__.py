"""Execution, independent of the stages: options, executors, progress, signals, terminal output."""
