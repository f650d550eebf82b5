# Declared in C by build_native.py: the types are checked by the C compiler and by cffi.
from typing import Any

ffi: Any
lib: Any
