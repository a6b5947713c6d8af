"""The classroom: lessons laid out for a learner, and the grading of exercises.

It knows notebooks, and nothing of what they teach.
"""
