import { createHash, randomBytes } from 'node:crypto'
import { link, open, readFile, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { prepareDataDirectory } from './data-directory.ts'
import { StoreError } from './store-error.ts'

const keyLength = 32

/** The secret that seals what is kept in a data folder. */
export interface EncryptionKey {
  readonly bytes: Uint8Array
  /** Tells keys apart without saying anything about them: 4 bytes of a hash. */
  readonly fingerprint: Uint8Array
}

/**
 * Reads `encryption.key` of the data folder, or makes it. However many
 * processes start at once, they all end up with the same key: it is written
 * and flushed under another name first, and linking it to its real name is
 * the one step that only one of them can win.
 */
export async function loadEncryptionKey(dataDirectory: string): Promise<EncryptionKey> {
  prepareDataDirectory(dataDirectory)
  const path = join(dataDirectory, 'encryption.key')
  const bytes = (await readKey(path)) ?? (await createKey(path))
  const fingerprint = createHash('sha256').update('tandem encryption key').update(bytes).digest()
  return { bytes, fingerprint: fingerprint.subarray(0, 4) }
}

async function readKey(path: string): Promise<Buffer | undefined> {
  try {
    const { mode } = await stat(path)
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new StoreError(
        `The encryption key ${path} can be read by other users of this machine ` +
          `(mode ${(mode & 0o777).toString(8)}). Run: chmod 600 '${path}'`,
      )
    }
    const bytes = await readFile(path)
    if (bytes.length !== keyLength) {
      throw new StoreError(
        `The encryption key ${path} has ${bytes.length} bytes instead of ${keyLength}. Restore ` +
          'it from a backup, or delete it; what it sealed cannot be read then.',
      )
    }
    return bytes
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    if (error instanceof StoreError) throw error
    throw new StoreError(`The encryption key ${path} cannot be read: ${(error as Error).message}`, {
      cause: error,
    })
  }
}

async function createKey(path: string): Promise<Buffer> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`
  const bytes = randomBytes(keyLength)
  try {
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await link(temporary, path)
    await flushDirectory(dirname(path))
    return bytes
  } catch (error) {
    const winner = (error as NodeJS.ErrnoException).code === 'EEXIST' && (await readKey(path))
    if (winner) return winner
    throw new StoreError(`The encryption key ${path} cannot be made: ${(error as Error).message}`, {
      cause: error,
    })
  } finally {
    await unlink(temporary).catch(() => undefined)
  }
}

/** The name of a new file outlives a power cut only when its folder is flushed, too. */
async function flushDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
