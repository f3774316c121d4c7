"""The parts of the python kernel."""
