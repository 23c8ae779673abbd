"""A pass in which a model judges: what it is asked, what it says, what stands in for it meanwhile."""
