"""Worksheets: exercises in backprop to print, with their keys."""
