/**
 * Where the browser puts downloads, below the work folder that it shares with
 * the kernels. It has one such folder at a time, so it is the same for all.
 */
export const downloadsFolder = 'downloads'
