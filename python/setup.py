"""Adds the extension module to what pyproject.toml describes."""

from setuptools import setup

setup(
    cffi_modules=["build_native.py:builder"],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
