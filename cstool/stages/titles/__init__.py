"""The stage `titles`: the page titles of a wiki to QIDs, redirects resolved."""
