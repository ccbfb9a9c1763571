"""The command line: one file a subcommand. Options in, a stage's call, a line out."""
