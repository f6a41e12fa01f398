"""Stage 5: families of classifiers, tuned, calibrated, compared, and the forecaster that is served."""
