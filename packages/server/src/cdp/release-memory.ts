/**
 * Gives the memory of a buffer back at once, if nobody else has a part of it.
 * The garbage collector lets some 64 MB of such memory pile up first.
 */
export function releaseMemory(buffer: Buffer<ArrayBuffer>): void {
  if (buffer.buffer.byteLength === buffer.byteLength) buffer.buffer.transfer(0)
}
