"""Find Wikimedia's dumps over HTTP, download them, and verify them."""
