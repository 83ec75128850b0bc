"""The plan: phases, components, what is fitted and how."""
