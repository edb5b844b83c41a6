"""The double-entry ledger: every amount that anyone sees is a sum over its postings."""
