import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/**
 * What sites store in a browser, as far as it is kept, in the folder of its
 * profile. Caches are not, nor what the browser notes down for itself; cookies
 * are read and set over DevTools, because the file has those of the session
 * not at all, and others late.
 */
const folders = ['File System', 'IndexedDB', 'Local Storage', 'Service Worker', 'WebStorage']

/** The descriptor by which the archive comes and goes; 3 and 4 are those of DevTools. */
const descriptor = 5

/**
 * Unpacks an archive, runs the browser, and packs one when the browser has
 * ended well. It runs where the browser does: the server itself never walks
 * through folders that a page's code may have made.
 */
const script = `
PATH=/usr/local/bin:/usr/bin:/bin
profile=$1 begin=$2
shift 2
mkdir -p -m 700 "$profile" "$profile/Default" || exit
if [ "$begin" = restore ]; then tar -xof - -C "$profile/Default" <&${descriptor} || exit; fi
"$@" ${descriptor}>&- &
browser=$!
# The pipe of DevTools ends with the browser.
exec 3>&- 4>&-
wait "$browser" || exit
cd "$profile/Default" || exit
mkdir -p '${folders[0]}' || exit
set --
for folder in ${folders.map((name) => `'${name}'`).join(' ')}; do
  [ ! -d "$folder" ] || set -- "$@" "$folder"
done
exec tar -cf - "$@" >&${descriptor}
`

export interface CommandLine {
  command: string
  arguments: string[]
}

/** What a browser starts from. */
export interface InitialState {
  /** Undefined for a browser that nobody has used. */
  archive: AsyncIterable<Buffer> | undefined
}

/**
 * The command that runs a browser so that its state can be given to it and taken.
 *
 * @param userDataDirectory Where the browser finds it; need not exist.
 */
export function withStateArchive(
  { command, arguments: arguments_ }: CommandLine,
  userDataDirectory: string,
  { archive }: InitialState,
): CommandLine {
  const begin = archive ? 'restore' : 'new'
  return {
    command: '/bin/sh',
    arguments: ['-c', script, 'sh', userDataDirectory, begin, command, ...arguments_],
  }
}

/** The archive that a browser was to start from cannot be read; the cause says why. */
export class InitialStateError extends Error {
  override name = 'InitialStateError'
}

/** The state of a browser could not be taken. The message goes on after "because". */
export class StateLostError extends Error {
  override name = 'StateLostError'
}

/**
 * Gives the browser the state that it starts from.
 *
 * @throws InitialStateError, or the error of the pipe.
 */
export async function sendState(pipe: Duplex, { archive }: InitialState): Promise<void> {
  if (archive) await pipeline(checked(archive), pipe)
}

async function* checked(archive: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* archive
  } catch (cause) {
    throw new InitialStateError('The archive cannot be read.', { cause })
  }
}
