"""Dense associative memories: signal and crosstalk of any separation function, exact in D and K."""
