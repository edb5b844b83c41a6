"""CSV files and XLSX workbooks of unknown origin, as rows of text; memory does not grow with them."""
