"""Models of the partial pressure of CO2 in sea water: HY/T 0343.5 Appendix B.

`train.train` validates candidates on held-back blocks and chooses one; `store` keeps it on disk.
"""
