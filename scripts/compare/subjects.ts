import { testedVersion } from '../packages/tested-version.ts'

/** A package to be measured, with what has to be installed beside it. */
export interface Subject {
  name: string
  /** Exact; undefined for a package of this repository, which is packed from its sources. */
  version?: string
  /** The framework that it is for. */
  beside?: PinnedPackage
  /** What is imported, if it is not the package by its name. */
  entry?: string
}

export interface PinnedPackage {
  name: string
  /** Exact. */
  version: string
  /** What a tool package imports of it, if it is not the package by its name. */
  entry?: string
}

/** The newest major that the packages of other makers allow, so that all stand beside the same. */
const aiSdk6: PinnedPackage = { name: 'ai', version: testedVersion('ai-v6') }
const aiSdk7: PinnedPackage = { name: 'ai', version: testedVersion('ai') }
const langChain: PinnedPackage = {
  name: '@langchain/core',
  version: testedVersion('@langchain/core'),
  entry: '@langchain/core/tools',
}
const playwright: PinnedPackage = {
  name: 'playwright-core',
  version: testedVersion('playwright-core'),
}

/** Frameworks come before the packages for them: what these add is told from it. */
export const subjects: readonly Subject[] = [
  { name: '@tandem-browser/core' },
  aiSdk6,
  { name: '@tandem-browser/ai-sdk-tool', beside: aiSdk6 },
  { name: 'firecrawl-aisdk', version: '0.12.0', beside: aiSdk6 },
  { name: '@exalabs/ai-sdk', version: '2.1.0', beside: aiSdk6 },
  aiSdk7,
  { name: '@tandem-browser/ai-sdk-tool', beside: aiSdk7 },
  langChain,
  { name: '@tandem-browser/langchain-tool', beside: langChain },
  { name: '@langchain/tavily', version: '1.2.0', beside: langChain },
  playwright,
  { name: '@tandem-browser/playwright-connect', beside: playwright },
]
