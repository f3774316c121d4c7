import type { Config } from '../config.ts'
import { describeFailure } from './failure.ts'

/** A server could not be started; the message is for whoever typed the command. */
export class StartError extends Error {
  override readonly name = 'StartError'

  static from(error: unknown, config: Pick<Config, 'host' | 'port'>): StartError {
    const { host, port } = config
    const sentences: Record<string, string> = {
      EADDRINUSE:
        `Port ${port} of ${host} is in use. Stop the program that listens there, or choose ` +
        'another port with --port or TANDEM_PORT.',
      EADDRNOTAVAIL:
        `This machine does not have the address ${host}. Choose one that it has with --host or ` +
        'TANDEM_HOST, such as 127.0.0.1.',
      ENOTFOUND:
        `The host name ${host} is not known. Choose an address of this machine with --host or ` +
        'TANDEM_HOST, such as 127.0.0.1.',
      EACCES:
        `This user may not listen on port ${port}. Choose one from 1024 on with --port or ` +
        'TANDEM_PORT.',
    }
    const sentence = isListenError(error) ? sentences[error.code ?? ''] : undefined
    return new StartError(sentence ?? describeFailure(error), { cause: error })
  }
}

function isListenError(error: unknown): error is NodeJS.ErrnoException {
  const systemCall = error instanceof Error && 'syscall' in error ? error.syscall : undefined
  return systemCall === 'listen' || systemCall === 'bind' || systemCall === 'getaddrinfo'
}
