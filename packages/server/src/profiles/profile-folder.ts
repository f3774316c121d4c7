import { createHash, randomBytes } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createZstdCompress, createZstdDecompress } from 'node:zlib'
import type { EncryptionKey } from '../store/encryption-key.ts'
import { SealError, open as openSealed, seal } from './sealed-frames.ts'

/** Whose a profile is, and its name. Names of different keys have nothing to do with each other. */
export interface ProfileId {
  keyId: string
  name: string
}

/** What was saved of a profile. */
export interface SavedProfile {
  name: string
  /** Bytes on the disk. */
  size: number
  /** Milliseconds since 1970. */
  updatedAt: number
}

const suffix = '.profile'
const unfinishedSuffix = '.unfinished'

/**
 * The saved profiles: a compressed and sealed file each, in a folder for each key. A file is
 * written beside the one that it replaces, flushed, and moved to its name in
 * one step: whenever the server or the machine dies, either the one or the
 * other is there as a whole. Whoever reads the old one meanwhile goes on
 * reading it.
 */
export class ProfileFolder {
  readonly #directory: string
  readonly #encryptionKey: EncryptionKey

  private constructor(directory: string, encryptionKey: EncryptionKey) {
    this.#directory = directory
    this.#encryptionKey = encryptionKey
  }

  /** Opens the folder, and removes what a killed server had not finished. */
  static async open(directory: string, encryptionKey: EncryptionKey): Promise<ProfileFolder> {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    for (const name of await readdir(directory, { recursive: true })) {
      if (name.endsWith(unfinishedSuffix)) await rm(join(directory, name))
    }
    return new ProfileFolder(directory, encryptionKey)
  }

  /**
   * What was saved, to be read or destroyed; undefined when nothing was. A
   * version that is saved later does not change what is read.
   *
   * @throws SealError, also later, while it is read.
   */
  async read(id: ProfileId): Promise<Readable | undefined> {
    const path = this.#pathOf(id)
    const file = await ifThere(open(path, 'r'))
    if (!file) return undefined
    const content = createZstdDecompress()
    // Whoever reads the content hears of the error.
    pipeline(this.#framesOf(file, id), content).catch(() => {})
    return content
  }

  async *#framesOf(file: FileHandle, { keyId, name }: ProfileId): AsyncGenerator<Buffer> {
    const frames = openSealed(this.#encryptionKey, keyId, file.createReadStream())
    let isLabel = true
    for await (const frame of frames) {
      // Files that were given each other's names are of no use to anybody.
      if (!isLabel) yield frame
      else if (frame.toString() !== name) throw new SealError('it is that of another profile')
      isLabel = false
    }
  }

  /** Replaces what was saved. When it fails, or is aborted, what was saved before is still there. */
  async write(id: ProfileId, content: AsyncIterable<Buffer>, signal: AbortSignal): Promise<void> {
    const path = this.#pathOf(id)
    const folder = this.#folderOf(id.keyId)
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const unfinished = `${path}.${randomBytes(6).toString('hex')}${unfinishedSuffix}`
    try {
      const file = createWriteStream(unfinished, { flags: 'wx', mode: 0o600, flush: true })
      const sealed = (packed: AsyncIterable<Buffer>): AsyncIterable<Buffer> =>
        seal(this.#encryptionKey, id.keyId, Buffer.from(id.name), packed)
      await pipeline(content, createZstdCompress(), sealed, file, { signal })
      await rename(unfinished, path)
      await flushFolder(folder)
    } catch (error) {
      await rm(unfinished, { force: true })
      throw error
    }
  }

  /** Also what cannot be read is deleted. */
  async delete(id: ProfileId): Promise<void> {
    const deleted = await ifThere(unlink(this.#pathOf(id)).then(() => true))
    if (deleted) await flushFolder(this.#folderOf(id.keyId))
  }

  /**
   * The saved profiles of a key, by name.
   *
   * @param onUnreadable Called for each that cannot be read, and so has no name.
   */
  async list(keyId: string, onUnreadable: (error: Error) => void): Promise<SavedProfile[]> {
    const folder = this.#folderOf(keyId)
    const files = (await ifThere(readdir(folder))) ?? []
    const profiles: SavedProfile[] = []
    for (const file of files.filter((name) => name.endsWith(suffix))) {
      try {
        const profile = await ifThere(this.#describe(keyId, join(folder, file)))
        if (profile) profiles.push(profile)
      } catch (error) {
        if (!(error instanceof SealError)) throw error
        onUnreadable(error)
      }
    }
    return profiles.toSorted((one, other) => (one.name < other.name ? -1 : 1))
  }

  async #describe(keyId: string, path: string): Promise<SavedProfile | undefined> {
    const { size, mtimeMs } = await stat(path)
    const stream = createReadStream(path)
    // Leaving the loop ends the stream.
    for await (const label of openSealed(this.#encryptionKey, keyId, stream)) {
      return { name: label.toString(), size, updatedAt: Math.round(mtimeMs) }
    }
    return undefined
  }

  #folderOf(keyId: string): string {
    return join(this.#directory, hash(keyId))
  }

  #pathOf({ keyId, name }: ProfileId): string {
    return join(this.#folderOf(keyId), hash(name) + suffix)
  }
}

/** Names may be longer than those of files, and hold anything. */
function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

async function ifThere<Result>(task: Promise<Result>): Promise<Result | undefined> {
  try {
    return await task
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** The new name of a file outlives a power cut only when its folder is flushed, too. */
async function flushFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
