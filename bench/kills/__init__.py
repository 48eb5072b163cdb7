"""Workers killed at random moments of real work, and every row counted afterwards. See docs/how-to/bench.md."""
