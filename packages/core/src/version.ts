/** Written by `scripts/write-version.ts`; the same as in package.json. */
export const version: string = '0.0.0'
