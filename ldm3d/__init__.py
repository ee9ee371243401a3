"""LDM3D: colour and depth from one latent diffusion model (arXiv 2305.10853).

Usable alone; knows nothing of the viewer.
"""
