"""Experiments with known truth."""

from fitting.simulate.catalogue import experiments, simulate
from fitting.simulate.simulation import Simulation

__all__ = ["Simulation", "experiments", "simulate"]
