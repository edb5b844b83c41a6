"""Files that were handed in over the API: kept in the database, and imported by whichever worker comes."""
