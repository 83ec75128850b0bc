"""All line shapes by the names that plans use."""

from collections.abc import Mapping

from fitting.errors import PlanError
from fitting.lineshapes.doniach_sunjic import DONIACH_SUNJIC
from fitting.lineshapes.doniach_sunjic_gauss import DONIACH_SUNJIC_GAUSS
from fitting.lineshapes.gaussian import GAUSSIAN
from fitting.lineshapes.gl import GL
from fitting.lineshapes.la import LA
from fitting.lineshapes.lorentzian import LORENTZIAN
from fitting.lineshapes.pseudo_voigt import PSEUDO_VOIGT
from fitting.lineshapes.sgl import SGL
from fitting.lineshapes.shape import LineShape
from fitting.lineshapes.voigt import VOIGT

MEASURED = "measured"
"""Plan name of the shape that is made of a spectrum, see `fitting.lineshapes.measured`."""

LINE_SHAPES: Mapping[str, LineShape] = {
    shape.name: shape
    for shape in (
        GAUSSIAN,
        LORENTZIAN,
        VOIGT,
        PSEUDO_VOIGT,
        GL,
        SGL,
        LA,
        DONIACH_SUNJIC,
        DONIACH_SUNJIC_GAUSS,
    )
}

SHAPE_NAMES = (*LINE_SHAPES, MEASURED)


def line_shape(name: str) -> LineShape:
    """The line shape of that name.

    Raises
    ------
    PlanError
        No such shape, or ``measured``, which has to be made from its spectrum.
    """
    if name in LINE_SHAPES:
        return LINE_SHAPES[name]
    if name == MEASURED:
        raise PlanError("shape", f'"{MEASURED}" needs the spectrum that the component repeats')
    raise PlanError("shape", f'"{name}" is not a line shape; use one of {", ".join(SHAPE_NAMES)}')
