"""Analysis of the carbon cycle: budgets, remineralised and anthropogenic carbon, acidification, scenarios."""
