"""Expand calls of templates by the wiki's own definitions, as MediaWiki's preprocessor does.

`definitions` (pages of the namespaces of templates and modules) → `programs` (parsed once per
template) → `evaluate` (a call and its arguments to wikitext without templates), with parser
functions in `functions/` and Lua modules in `lua/`.

References are to MediaWiki 1.39 (REL1_39): Preprocessor_Hash, PPFrame_Hash, Parser.
"""
