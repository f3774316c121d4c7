"""The program inside a python kernel.

It runs apart from the server, holds the session's page, and evaluates one
execution after the other. It is started as `python -I -B main.py`: what it
imports is the standard library's, the virtual environment's, or lies here.
"""

import os
import sys

folder = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, folder)

from tandem_kernel.kernel import run  # noqa: E402

# User code imports what lies in its working directory, and nothing of the kernel's.
sys.path[0] = os.getcwd()
run(lifeline="--lifeline" in sys.argv)
