"""What every test shares: reproducible hypothesis examples and a drawing backend without a screen."""

import os

from hypothesis import settings

os.environ.setdefault("MPLBACKEND", "Agg")
settings.register_profile("hebbsym", deadline=None, derandomize=True, database=None)
settings.load_profile("hebbsym")
