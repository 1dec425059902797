"""From a setting to exact expressions: weights, energy, fields, their enumeration and the best rule."""
