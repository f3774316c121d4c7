import { findViolations } from './imports/find-violations.ts'
import { root } from './setup/paths.mjs'

const violations = findViolations(root)
for (const { file, line, message } of violations) console.error(`${file}:${line}: ${message}`)
if (violations.length > 0) process.exitCode = 1
