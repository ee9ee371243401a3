"""`python -m depthfusion.vr`: the headset's process."""

from depthfusion.vr.process import main

if __name__ == "__main__":
    main()
