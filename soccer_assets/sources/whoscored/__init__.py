"""WhoScored: feeds and match-centre pages."""
