/** One picture of the page, and where on the page its pixels lie. */
export interface Frame {
  /** Counts up within one session of a live view. */
  sequence: number
  /** Milliseconds since 1970. */
  capturedAt: number
  /** Of the page's visible part, in CSS pixels. */
  width: number
  height: number
  pageScaleFactor: number
  /** CSS pixels at the top of the picture that are no part of the page. */
  offsetTop: number
  scrollX: number
  scrollY: number
  /** A JPEG. */
  image: Buffer
}

/** Bytes before the picture. */
const headerBytes = 40

/** The layout below; another number for another layout. */
const layoutVersion = 1

/**
 * A frame as viewers get it: a header of 40 bytes, numbers in network order, then the JPEG.
 *
 * | bytes | |
 * | --- | --- |
 * | 0 | version, 1 |
 * | 1–3 | zero |
 * | 4–7 | sequence, unsigned |
 * | 8–15 | capture time, milliseconds since 1970, double |
 * | 16–39 | width, height, page scale, offset at the top, scroll x, scroll y: floats |
 */
export function encodeFrame(frame: Frame): Buffer {
  const header = Buffer.alloc(headerBytes)
  header.writeUInt8(layoutVersion, 0)
  header.writeUInt32BE(frame.sequence, 4)
  header.writeDoubleBE(frame.capturedAt, 8)
  const { width, height, pageScaleFactor, offsetTop, scrollX, scrollY } = frame
  const numbers = [width, height, pageScaleFactor, offsetTop, scrollX, scrollY]
  for (const [index, number] of numbers.entries()) header.writeFloatBE(number, 16 + 4 * index)
  return Buffer.concat([header, frame.image])
}
