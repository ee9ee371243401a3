"""The headset's own process: its frame loop, what it draws, and what it says to the desktop."""
