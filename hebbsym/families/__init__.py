"""What a memory is made of: learning rules, pattern ensembles, cues, thresholds; blind to each other."""
