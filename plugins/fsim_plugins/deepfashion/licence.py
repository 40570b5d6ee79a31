"""Under what DeepFashion's pictures are lent."""

LICENCE = "DeepFashion's terms: for non-commercial research and education only, and not to be passed on"
