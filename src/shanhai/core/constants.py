"""Constants of nature and of definition, each once."""

GAS_CONSTANT = 8.314462618  # J mol-1 K-1, CODATA 2018 (exact)
STANDARD_ATMOSPHERE = 101325.0  # Pa, by definition
MICROATMOSPHERE = 0.101325  # Pa
ZERO_CELSIUS = 273.15  # K, by definition
SECONDS_PER_DAY = 86400.0  # s
FARADAY_CONSTANT = 96485.33212  # C mol-1, CODATA 2018 (exact)
MOLAR_MASS = {"C": 12.011, "N": 14.007, "P": 30.974}  # g mol-1, IUPAC abridged standard atomic weights
