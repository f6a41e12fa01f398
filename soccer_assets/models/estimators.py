"""Every estimator there is: those of the families, and the stack of them."""

import msgspec

from soccer_assets.errors import ModelError
from soccer_assets.models.families import FAMILIES, Member
from soccer_assets.models.families.stack import NAME, StackEstimator

AnyEstimator = Member | StackEstimator
#: Rank of each family: the simpler wins a tie.
COMPLEXITY = {name: rank for rank, name in enumerate((*FAMILIES, NAME))}


def decode(text: str) -> AnyEstimator:
    """Return the estimator that `encode` wrote, whatever its family.

    Raises:
        ModelError: the text is not that of an estimator of a known family.
    """
    try:
        estimator: AnyEstimator = msgspec.json.decode(text, type=AnyEstimator)
    except msgspec.DecodeError as error:
        raise ModelError(
            f"Expected an encoded estimator of one of {', '.join(FAMILIES)}, found {text[:60]!r}: {error}. "
            "Fit the candidate again with this version of the platform."
        ) from error
    return estimator
