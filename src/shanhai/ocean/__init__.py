"""The sea: so far the fragments of networks that box models are joined from."""
