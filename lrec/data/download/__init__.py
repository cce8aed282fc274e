"""Published data sets: fetched once, checked, resumed."""
