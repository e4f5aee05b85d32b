"""What holds for every test: how long one takes is not what it asserts."""

from hypothesis import settings

settings.register_profile("harness", deadline=None)
settings.load_profile("harness")
