"""What holds of a season beside its matches: the rules of leagues, points deducted and clubs withdrawn, as data."""
