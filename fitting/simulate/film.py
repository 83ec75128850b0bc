"""A layer on top of everything: what it holds back, what it shows of itself, what it takes off."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import factorial, gammainc

from fitting.arrays import FloatArray
from fitting.attenuation import Material, layer_weight, overlayer_factor, tpp2m_nm

PLASMON_EV = 7.5
PLASMON_WIDTH_EV = 1.5  # added to the width of the parent, so that an affine link can say it
PLASMON_SHARE = 0.5  # of the inelastic events in the metal
PLASMON_ORDERS = 2


@dataclass(frozen=True, eq=False)
class Film:
    """A film at K steps.

    Parameters
    ----------
    material : its mean free paths
    coverage : (K,) share of the area under it
    thickness_nm : (K,) of the covered part, > 0
    contents : phase -> (K,) mol/L in the film
    plasmons : whether its losses are sharp enough to be seen, as those of lithium are
    known : whether a plan states it, so that fractions are of what is under it
    """

    material: Material
    coverage: FloatArray
    thickness_nm: FloatArray
    contents: Mapping[str, FloatArray]
    plasmons: bool
    known: bool = False

    def through(self, kinetic_energy_eV: float) -> FloatArray:
        """(K,) share of a line from below that gets out."""
        escape = tpp2m_nm(kinetic_energy_eV, self.material)
        return overlayer_factor(self.coverage, self.thickness_nm, escape)

    def seen(self, kinetic_energy_eV: float) -> dict[str, FloatArray]:
        """Phase -> (K,) mol/L, mean over the information depth."""
        escape = tpp2m_nm(kinetic_energy_eV, self.material)
        weight = self.coverage * layer_weight(0.0, self.thickness_nm, escape)
        return {phase: weight * amount for phase, amount in self.contents.items()}

    def replicas(self, kinetic_energy_eV: float, inside: bool) -> FloatArray:
        """(orders + 1, K) area of each order of loss over the area of the line, itself 1.

        Each inelastic event is a plasmon with probability p, events are Poisson along the path:
        ``p^n t^n / n! exp(-t)`` through a layer of t mean free paths, the same averaged over the
        depths of the layer for electrons that come from ``inside`` it.
        """
        if not self.plasmons:
            return np.ones((1, len(self.coverage)))
        escape = tpp2m_nm(kinetic_energy_eV, self.material)
        order = np.arange(PLASMON_ORDERS + 1)[:, None]
        paths = self.thickness_nm / escape
        if inside:
            within: FloatArray = (
                PLASMON_SHARE**order * gammainc(order + 1.0, paths) / gammainc(1.0, paths)
            )
            return within
        through = overlayer_factor(self.coverage, self.thickness_nm, escape)
        lost = self.coverage * np.exp(-paths) * (PLASMON_SHARE * paths) ** order / factorial(order)
        under: FloatArray = np.where(order == 0, 1.0, lost / through)
        return under
