"""Models of columns: compositions of what the packages of science and of components give."""
