"""What host and kernel share; protocol.ts is the other side of it."""

CONTROL_DESCRIPTOR = 3
LIFELINE_DESCRIPTOR = 5

# Most bytes that an execution keeps of what it threw.
MAXIMUM_OUTPUT_BYTES = 1024 * 1024
