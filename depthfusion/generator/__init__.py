"""From a prompt to a panorama: `Request` -> `Step` | `Preview` | `Finished` | `Failed`.

Only `latent` knows `ldm3d` and torch, and it is imported by the process that generates.
"""
