"""What every test shares: reproducible hypothesis examples, a drawing backend without a screen, a patient collector."""

import gc
import os

from hypothesis import settings

os.environ.setdefault("MPLBACKEND", "Agg")
settings.register_profile("hebbsym", deadline=None, derandomize=True, database=None)
settings.load_profile("hebbsym")
gc.set_threshold(
    100_000, 20, 100
)  # trees of expressions hold few cycles, and looking for them took a twelfth of the time
