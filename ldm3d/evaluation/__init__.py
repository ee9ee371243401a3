"""How good a model is: the paper's measures, and measures on our own rendered worlds.

    python -m ldm3d evaluate all --model FOLDER --data SET -o REPORT

`measures`, `frechet` and `inception` hold the metrics, one function each with its equation;
`reconstruction`, `generation` and `depth` the three evaluations of the paper's tables;
`report` writes what they found.
"""
