"""Convert a page's wikitext to sentences of text, with the positions of its links.

Each module implements one step, in this order: extension_tags (comments, tags of extensions) →
templates → lines (tables, lists, headings) → links → quotes → inline (HTML, character references,
external links) → sentences. `page` runs them all.

References are to MediaWiki 1.39 (REL1_39), whose parser these rules follow.
"""
