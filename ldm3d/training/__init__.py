"""Trains LDM3D: first the autoencoder, then the diffusion UNet on its frozen latents.

A task (`autoencoder`, `unet`) says what one step is; the core does the rest for both:

    task.Task      the contract: networks, optimisers, batch(turn), step(turns, batches)
    run.train      the loop: loads ahead, logs, saves, stops cleanly, goes on where it was
    folder         a run's folder: run.json, metrics.jsonl, checkpoints/, samples/
    checkpoint     atomic, bounded, in safetensors
    order.Turn     everything random in a step follows from (seed, purpose, step)
    machine        device, bf16 autocast, several processes (accelerate)
    update         gradient accumulation, clipping, learning rate, EMA for one network
    command        `python -m ldm3d train ...`
"""
