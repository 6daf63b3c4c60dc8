"""Constants of nature and of definition, each once."""

GAS_CONSTANT = 8.314462618  # J mol-1 K-1, CODATA 2018 (exact)
STANDARD_ATMOSPHERE = 101325.0  # Pa, by definition
MICROATMOSPHERE = 0.101325  # Pa
ZERO_CELSIUS = 273.15  # K, by definition
SECONDS_PER_DAY = 86400.0  # s
AVOGADRO = 6.02214076e23  # mol-1, CODATA 2018 (exact)
FARADAY_CONSTANT = 96485.33212  # C mol-1, CODATA 2018 (exact)
SECONDS_PER_HOUR = 3600.0  # s

ATOMIC_MASS = {"C": 12.011, "N": 14.007, "P": 30.973761998, "O": 15.999, "H": 1.008, "Si": 28.085, "S": 32.06}
"""Conventional atomic masses [g mol-1]; IUPAC 2021 abridged (P in full)."""
