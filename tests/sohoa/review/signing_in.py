"""Reviewers of the tests, and what they sign in with."""

from sohoa.reviewing import pass_of

TOKEN = "a token of the tests"


def as_(name):
    return name, pass_of(name, TOKEN)
