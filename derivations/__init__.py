"""The theorems, one file each: statement, assumptions, derivation, evidence."""
