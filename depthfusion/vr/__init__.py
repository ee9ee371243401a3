"""The headset's own process: its frame loop, what it draws, and the words it trades with the desktop."""
