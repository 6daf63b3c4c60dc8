"""Monitoring of air-sea CO2 flux from satellites by HY/T 0343.5."""
