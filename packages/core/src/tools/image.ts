import type { ToolImage } from './contract.ts'

/** A picture of which its size is known. */
export interface SizedImage extends ToolImage {
  width: number
  height: number
}

/** Reads a JPEG or PNG in base64; undefined when it is neither. */
export function readImage(text: string): SizedImage | undefined {
  const base64 = text.replace(/\s+/g, '')
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined
  let bytes: Uint8Array
  try {
    bytes = Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0))
  } catch {
    return undefined
  }
  const view = new DataView(bytes.buffer)
  const jpeg = jpegSize(view)
  if (jpeg) return { mimeType: 'image/jpeg', base64, ...jpeg }
  const png = pngSize(view)
  return png && { mimeType: 'image/png', base64, ...png }
}

interface Size {
  width: number
  height: number
}

function pngSize(view: DataView): Size | undefined {
  if (view.byteLength < 24 || view.getUint32(0) !== 0x89504e47) return undefined
  return { width: view.getUint32(16), height: view.getUint32(20) }
}

function jpegSize(view: DataView): Size | undefined {
  if (view.byteLength < 4 || view.getUint16(0) !== 0xffd8) return undefined
  // From segment to segment, up to the one that begins a frame.
  for (let at = 2; at + 9 < view.byteLength; at += 2 + view.getUint16(at + 2)) {
    const kind = view.getUint16(at)
    if (kind < 0xff00) return undefined
    const isFrame = kind >= 0xffc0 && kind <= 0xffcf && ![0xffc4, 0xffc8, 0xffcc].includes(kind)
    if (isFrame) return { height: view.getUint16(at + 5), width: view.getUint16(at + 7) }
  }
  return undefined
}
