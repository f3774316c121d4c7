import { cp } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/** What runs in kernels and in viewers' browsers, and is no TypeScript, goes into the build as it is. */
for (const program of ['kernels/bash', 'kernels/python', 'live/page']) {
  const [source, target] = ['src', 'dist'].map((folder) =>
    fileURLToPath(new URL(`../${folder}/${program}`, import.meta.url)),
  ) as [string, string]
  await cp(source, target, {
    recursive: true,
    filter: (path) => !path.endsWith('__pycache__'),
  })
}
