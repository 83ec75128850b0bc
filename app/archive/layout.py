"""Where things lie in an archive; shared by the writer and the readers.

::

    /                           @deconvolyte_format
      <sample>                  NXentry, NXxps or NXraman
        sample/name             true name of the sample
        instrument/...          what the application definition requires
        <region>                NXdata: data, energy or raman_shift, step, step columns
        deconvolyte/<region>    NXcollection: what the standard has no place for
        truth/...               NXcollection, of simulated samples only

or, of a sample with a log and no spectra::

      <sample>                  NXentry
        charge_log              NXdata: time_s, charge_mAh, potential_V, area_cm2, charge_sign

and in a file of results also::

        fit_<region>            NXfit: curves, peaks, background
        phase_fractions/...     NXprocess: an NXdata for each region and basis
        deconvolyte_result/...  NXcollection: all numbers, once per sample

Groups are named after samples and regions in letters NeXus allows; true names are attributes.
"""

from fitting.series import AxisKind

FORMAT = 1
FORMAT_ATTRIBUTE = "deconvolyte_format"

OWN = "deconvolyte"
TRUTH = "truth"
SAMPLE = "sample"
INSTRUMENT = "instrument"
CHARGE_LOG = "charge_log"
FRACTIONS = "phase_fractions"
RESULT = "deconvolyte_result"

SIGNAL = "data"
SIGMA = "data_errors"
STEP = "step"
TITLE = "title"

REGION_ATTRIBUTE = "region"
POSITION_ATTRIBUTE = "position"
COLUMN_ATTRIBUTE = "column"
PATH_ATTRIBUTE = "path"

# numbers of one series that the standard has no place for: group deconvolyte/<region>
COUNTS_PER_UNIT = "counts_per_unit"
ACQUISITION_START = "acquisition_start"
ACQUISITION_S = "acquisition_duration"
PHOTON_ENERGY = "photon_energy"
WORK_FUNCTION = "work_function"
METADATA = "metadata"


def axis_name(kind: AxisKind) -> str:
    """Name of the axis field: NXxps demands ``energy``."""
    return "raman_shift" if kind is AxisKind.RAMAN_SHIFT else "energy"


# a sample's numbers: group deconvolyte_result
RESULT_FORMAT = 2
RESULT_FORMAT_ATTRIBUTE = "result_format"
PLAN = "plan"
PROVENANCE = "provenance"
PARAMETERS = "parameters"
REGIONS = "regions"
COLUMNS = "columns"
FREE = "free"
SPECTRA_ATTRIBUTE = "spectra"
PARAMETER_TEXTS = ("name", "region", "component", "phase", "parameter", "unit", "state", "link")
PARAMETER_NUMBERS = ("value", "minimum", "maximum")
REGION_TEXTS = ("name", "technique", "axis_kind", "intensity_unit", "source")
RESULT_FLOATS = (
    *("values", "covariance", "upper_limit", "deviance_drop", "lower95", "upper95"),
    *("reduced_chi_square", "runner_up"),
)
RESULT_INTEGERS = ("present", "at_bound", "status", "tried")
RESULT_WORDS = ("sigma_source", "message", "start")
