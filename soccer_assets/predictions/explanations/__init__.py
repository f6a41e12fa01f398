"""Why a forecast is what it is: its terms, the earlier matches most like it, and what would change it."""
