import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises'
import { basename, extname, posix } from 'node:path'
import type { Readable } from 'node:stream'
import type { Mount } from '../sandbox/isolation.ts'

/** The folder of the work folder that holds what people bring. */
const folderName = 'uploads'

/** Bytes of the largest file that a person may bring. */
export const maximumUploadBytes = 100 * 1024 * 1024

/** What is said of a file that is larger. */
export const fileTooLarge = `A file has at most ${maximumUploadBytes / 1024 ** 2} MiB.`

/** Files of one name at the most. */
const maximumCopies = 100

const asFolder = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW
const asNewFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW

/** A file that cannot be taken. The message says what would be right. */
export class UploadError extends Error {
  override name = 'UploadError'
  readonly tooLarge: boolean

  constructor(message: string, { tooLarge = false } = {}) {
    super(message)
    this.tooLarge = tooLarge
  }
}

/**
 * Files that people bring into a session's work folder, where its browser reads them and its code finds
 * them. Code may change that folder at any moment, so nothing in it is followed and nothing replaced.
 */
export class Uploads {
  readonly #work: Mount

  constructor(work: Mount) {
    this.#work = work
  }

  /** Where the browser finds a file that was brought. */
  pathOf(name: string): string {
    return posix.join(this.#work.inside, folderName, checkedName(name))
  }

  /**
   * Saves a file.
   *
   * @returns The name that it got: another one when there was such a file already.
   * @throws UploadError, or the error of the stream; nothing of the file is left then.
   */
  async save(name: string, content: Readable): Promise<string> {
    const wanted = checkedName(name)
    await using work = await open(this.#work.host, asFolder)
    const owner = await work.stat()
    if (await makeFolder(work)) {
      await using made = await openFolder(work)
      await made.chown(owner.uid, owner.gid)
    }
    await using folder = await openFolder(work)
    const { file, name: given } = await create(folder, wanted)
    try {
      await file.chown(owner.uid, owner.gid)
      await write(file, content)
    } catch (error) {
      await rm(`/proc/self/fd/${folder.fd}/${given}`, { force: true })
      throw error
    } finally {
      await file.close()
    }
    return given
  }
}

/** Whether there was none before. */
async function makeFolder(work: FileHandle): Promise<boolean> {
  try {
    await mkdir(`/proc/self/fd/${work.fd}/${folderName}`, { mode: 0o700 })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function openFolder(work: FileHandle): Promise<FileHandle> {
  try {
    return await open(`/proc/self/fd/${work.fd}/${folderName}`, asFolder)
  } catch {
    throw new UploadError(`"${folderName}" in the session's work folder is no folder; remove it.`)
  }
}

async function create(
  folder: FileHandle,
  wanted: string,
): Promise<{ file: FileHandle; name: string }> {
  const extension = extname(wanted)
  const stem = basename(wanted, extension)
  for (let copy = 1; copy <= maximumCopies; copy += 1) {
    const name = copy === 1 ? wanted : `${stem} (${copy})${extension}`
    try {
      return { file: await open(`/proc/self/fd/${folder.fd}/${name}`, asNewFile, 0o600), name }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
  throw new UploadError(`There are ${maximumCopies} files of that name already.`)
}

async function write(file: FileHandle, content: Readable): Promise<void> {
  let bytes = 0
  for await (const chunk of content as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maximumUploadBytes) throw new UploadError(fileTooLarge, { tooLarge: true })
    await file.writeFile(chunk)
  }
}

/** @throws UploadError when a name is none that a file can have */
function checkedName(name: string): string {
  const isName =
    name !== '' &&
    name !== '.' &&
    name !== '..' &&
    Buffer.byteLength(name) <= 200 &&
    !/[/\\\p{Cc}]/u.test(name)
  if (!isName) {
    throw new UploadError(
      'A file has a name of 1 to 200 bytes, without slashes and control characters.',
    )
  }
  return name
}
