"""Are these two the same club, the same match?"""
