"""What the renderer reaches, measured: picture quality, speed, start-up, memory. See README.md."""
