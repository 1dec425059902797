"""Universal Hopfield networks on signs: signal and crosstalk of every separator, and the law of the nearest pattern."""
