import { type Parameters, type PolicyContext, PolicyRefusal, type PolicyRows } from './action.ts'

/** Files that one command may name. Each is looked at before the next message is read. */
const maximumFiles = 1_000

const downloadReason =
  "Downloads go to the folder `downloads` in the session's work folder, whatever downloadPath says; the rest of the behaviour stays."

const uploadReason =
  "Files are those of the session's work folder, by a relative path or one that begins with that folder."

/** Commands that let the browser read or write files. */
export const fileRows: PolicyRows = {
  'Browser.setDownloadBehavior': {
    kind: 'limit',
    reason: downloadReason,
    parameters: withDownloadFolder,
  },
  'Page.setDownloadBehavior': {
    kind: 'limit',
    reason: downloadReason,
    parameters: withDownloadFolder,
  },
  'DOM.setFileInputFiles': {
    kind: 'limit',
    reason: uploadReason,
    parameters: withReadableFiles,
  },
  'Input.dispatchDragEvent': {
    kind: 'limit',
    reason: uploadReason,
    parameters: (parameters, context) =>
      isRecord(parameters['data'])
        ? { ...parameters, data: withReadableFiles(parameters['data'], context) }
        : parameters,
  },
  // The older name of it, in browsers that still have it.
  'Page.handleFileChooser': {
    kind: 'limit',
    reason: uploadReason,
    parameters: withReadableFiles,
  },
}

function withDownloadFolder(parameters: Parameters, { work }: PolicyContext): Parameters {
  if (parameters['behavior'] === 'deny') return parameters
  // The browser's own default is a folder in a home that nobody sees.
  const behavior = parameters['behavior'] === 'default' ? 'allow' : parameters['behavior']
  return { ...parameters, behavior, downloadPath: work.downloads }
}

function withReadableFiles(parameters: Parameters, { work }: PolicyContext): Parameters {
  const { files } = parameters
  if (!Array.isArray(files)) return parameters
  if (files.length > maximumFiles) {
    throw new PolicyRefusal(`Name at most ${maximumFiles} files in one command, or their folder.`)
  }
  return {
    ...parameters,
    files: files.map((file: unknown) => (typeof file === 'string' ? work.readable(file) : file)),
  }
}

function isRecord(value: unknown): value is Parameters {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
