import { cp } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/** What runs inside kernels and is no TypeScript goes into the build as it is. */
for (const language of ['bash', 'python']) {
  const [source, target] = ['src', 'dist'].map((folder) =>
    fileURLToPath(new URL(`../${folder}/kernels/${language}`, import.meta.url)),
  ) as [string, string]
  await cp(source, target, {
    recursive: true,
    filter: (path) => !path.endsWith('__pycache__'),
  })
}
