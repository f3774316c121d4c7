import type { Config } from '../config.ts'

/** Why a server cannot listen at its address, in two sentences for the reader. */
export interface ListenFailure {
  problem: string
  advice: string
}

/** @returns undefined for an error that has nothing to do with listening. */
export function explainListenFailure(
  error: unknown,
  { host, port }: Pick<Config, 'host' | 'port'>,
): ListenFailure | undefined {
  if (!isListenError(error)) return undefined
  const failures: Record<string, ListenFailure> = {
    EADDRINUSE: {
      problem: `Port ${port} of ${host} is in use.`,
      advice:
        'Stop the program that listens there, or choose another port with --port or TANDEM_PORT.',
    },
    EADDRNOTAVAIL: {
      problem: `This machine does not have the address ${host}.`,
      advice: 'Choose one that it has with --host or TANDEM_HOST, such as 127.0.0.1.',
    },
    ENOTFOUND: {
      problem: `The host name ${host} is not known.`,
      advice: 'Choose an address of this machine with --host or TANDEM_HOST, such as 127.0.0.1.',
    },
    EACCES: {
      problem: `This user may not listen on port ${port}.`,
      advice: 'Choose one from 1024 on with --port or TANDEM_PORT.',
    },
  }
  return failures[error.code ?? '']
}

function isListenError(error: unknown): error is NodeJS.ErrnoException {
  const systemCall = error instanceof Error && 'syscall' in error ? error.syscall : undefined
  return systemCall === 'listen' || systemCall === 'bind' || systemCall === 'getaddrinfo'
}
