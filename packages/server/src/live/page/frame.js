/**
 * One picture of the page.
 *
 * @typedef {object} Frame
 * @property {number} sequence
 * @property {number} capturedAt Milliseconds since 1970.
 * @property {number} width Of the page's visible part, in CSS pixels.
 * @property {number} height
 * @property {number} offsetTop CSS pixels at the top that are no part of the page.
 * @property {Blob} image
 */

/** Bytes before the picture; the server's `frame.ts` says what they are. */
const headerBytes = 40
const layoutVersion = 1

/**
 * @param {ArrayBuffer} data
 * @returns {Frame | undefined} Undefined for a layout that this page does not know.
 */
export function readFrame(data) {
  if (data.byteLength <= headerBytes) return undefined
  const header = new DataView(data, 0, headerBytes)
  if (header.getUint8(0) !== layoutVersion) return undefined
  return {
    sequence: header.getUint32(4),
    capturedAt: header.getFloat64(8),
    width: header.getFloat32(16),
    height: header.getFloat32(20),
    offsetTop: header.getFloat32(28),
    image: new Blob([new Uint8Array(data, headerBytes)], { type: 'image/jpeg' }),
  }
}
