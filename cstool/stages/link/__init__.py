"""The stage `link`: links of sentences to the QIDs of their targets."""
