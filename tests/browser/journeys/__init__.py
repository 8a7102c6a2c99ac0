"""What two people do together, each in a fresh browser of 360 pixels, by keyboard alone: with JavaScript
([scripts]) and without ([plain]).
"""
