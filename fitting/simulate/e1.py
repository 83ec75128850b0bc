"""E1: lithium plated through a virtual electrode onto Li6PS5Cl, seen by XPS.

After Narayanan et al. 2022, doi:10.1038/s41467-022-34855-9: an electron beam draws lithium to
the free surface; one sample for each current density, spectra after each portion of charge.
`plating` says where the charge goes and what it builds, `e1_surface` what is seen of it:
products mixed into the electrolyte and thinning out with depth, metal islands on top.

What a plan needs to give the truth back
----------------------------------------
Pseudo-Voigt, lorentz_fraction 0.3; doublets S 2p 1.18 eV, P 2p 0.86 eV, ratio 0.5; background
a constant and an active Shirley step; every line of a step shifted and widened alike.

* The rows of ``lines.LINES`` of its phases, one phase each, counted. The areas of one phase in one
  region stand as their atoms (4 : 1 for PS4 and free sulfide).
* Loss replicas are components of their own, of a phase that is **not counted**: center = parent
  + 7.5 eV, fwhm = parent + 1.5 eV, splitting and ratio of the parent. Areas of the replicas of
  one region keep the proportions of their parents, except those of Li0, which are its own. The
  second order (+ 15 eV, fwhm + 3 eV) reaches into the windows with its tails only. In Li 1s one
  free component at that of Li0 and one at that of Li6PS5Cl suffice.
* Li 1s alone tells Li0, Li6PS5Cl and the sum of the rest apart. With the areas of all but Li0
  tied to S 2p and P 2p (`e1_surface.lithium_area_links`; regions have equal dwell times) all of
  it comes back, without noise within 0.4 %: the metal damps Li 1s a little less than the others.

Paths of the truth beside those of `scene_truth`
------------------------------------------------
``charge_sei_uAh_cm2  charge_plated_uAh_cm2  charge_loss_uAh_cm2`` and ``charge_share/sei``,
``.../plated``, ``.../loss`` of the charge passed so far (limits at zero charge);
``coverage  thickness_nm`` (of the covered part; that of the first islands at zero charge)
``sei_thickness_nm`` (as if dense)
``sei_surface_fraction  sei_decay_nm`` (see `plating.Interphase`);
``inventory_nmol_cm2/PHASE`` formed per area (Li6PS5Cl: negative, consumed);
``sulfide_160eV_fraction`` share of the S 2p area near 160 eV, lattice sulfide included.
"""

from fitting.simulate.e1_surface import plate, scene_of
from fitting.simulate.e1_truth import history
from fitting.simulate.plating import PlatingModel
from fitting.simulate.scene import Scene

STEPS = 26
BEAM_CURRENTS_UA = (10.0, 30.0)


def scenes(steps: int | None) -> tuple[Scene, ...]:
    """One sample for each current density."""
    model = PlatingModel()
    surfaces = [plate(one, STEPS if steps is None else steps, model) for one in BEAM_CURRENTS_UA]
    return tuple(scene_of(surface, history(surface)) for surface in surfaces)
