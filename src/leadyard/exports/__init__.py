"""Everything an account holds, as files of any size."""
