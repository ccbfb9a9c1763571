"""Limits that Wikimedia sets for its servers, or that cstool keeps in order not to burden them.

Sources, as of November 2026:

- https://dumps.wikimedia.org/: at most three connections from one address.
- https://wikitech.wikimedia.org/wiki/Robot_policy: requests for metadata one at a time; a long
  pause after an error of the server (5xx); the time in `Retry-After` if it is sent.
- https://foundation.wikimedia.org/wiki/Policy:Wikimedia_Foundation_User-Agent_Policy: a User-Agent
  `name/version (contact) library/version`; other requests may get HTTP 403.
- https://wikitech.wikimedia.org/wiki/MediaWiki_Content_File_Exports: editions are kept for about
  three months.
"""

CONNECTIONS = 2  # per host, one fewer than allowed
# Seconds after each error of the server in a row, if it does not send `Retry-After`.
SERVER_PAUSES = (60.0, 300.0, 900.0)
LONGEST_PAUSE = 60.0  # seconds between two attempts after an error of the network
LONGEST_WAIT = 3600.0  # seconds; a longer `Retry-After` ends the run
POLL = 600.0  # seconds between two requests for an unfinished edition
CONTENT_DAYS = 90  # days for which an edition of content exports is kept
CONTENT_WARNING = 14  # days before the end of that period
