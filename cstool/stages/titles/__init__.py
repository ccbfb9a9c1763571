"""The stage `titles`: maps the page titles of a wiki to QIDs and resolves redirects."""
