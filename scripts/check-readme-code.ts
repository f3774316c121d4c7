import { checkBlocks, findMarkdown } from './readme-code/check-blocks.ts'
import { findDeadLinks } from './readme-code/find-dead-links.ts'
import { root } from './setup/paths.mjs'

const files = findMarkdown(root)
const { problems, checked } = checkBlocks(root, files)
problems.push(...findDeadLinks(root, files))
for (const problem of problems) console.error(problem)
if (checked === 0) console.error('No code was found in any Markdown file, which cannot be right.')
if (problems.length > 0 || checked === 0) process.exitCode = 1
else console.log(`${checked} blocks of code type-check.`)
