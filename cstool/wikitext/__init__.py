"""A page's source → sentences of text with the links where they stand.

One concern a file, in the order in which a page passes through them:
strip (comments, tags of extensions) → templates → lines (tables, lists, headings) →
links → quotes → inline (HTML, entities, external links) → sentences. `page` chains them.

References are to MediaWiki 1.39 (REL1_39), whose parser these rules follow.
"""
