import { type PolicyRows, PolicyRefusal } from './action.ts'
import { permittedAddress } from './addresses.ts'

/** Commands that touch the browser as a whole, which is every client's. */
export const browserRows: PolicyRows = {
  'Browser.close': {
    kind: 'disconnect',
    reason: 'Clients send it by habit when they are done; the session is not theirs alone.',
  },
  'Browser.crash': { kind: 'refuse', reason: 'It would end the session for every client.' },
  'Browser.crashGpuProcess': {
    kind: 'refuse',
    reason: 'It would disturb the session for every client.',
  },
  'Browser.executeBrowserCommand': {
    kind: 'refuse',
    reason: 'It works the window of a browser that has none; use the commands of Page and Target.',
  },
  'Page.crash': {
    kind: 'refuse',
    reason: 'It would take the page from every client; close it with Target.closeTarget.',
  },
}

/** Commands that would make, reach or show targets past the session. */
export const targetRows: PolicyRows = {
  // A nested protocol stream would pass this table by.
  'Target.sendMessageToTarget': {
    kind: 'refuse',
    reason: 'Attach with { flatten: true } and send the command with the sessionId instead.',
  },
  'Target.exposeDevToolsProtocol': {
    kind: 'refuse',
    reason: 'It would give the page the whole browser.',
  },
  'Target.setRemoteLocations': {
    kind: 'refuse',
    reason: 'Connect to the cdpUrl of another session instead.',
  },
  // The frontend is a page with more rights than a page has.
  'Target.openDevTools': {
    kind: 'refuse',
    reason: 'There is no window to open it in; point your own DevTools at the cdpUrl of a page.',
  },
  'Target.getDevToolsTarget': {
    kind: 'refuse',
    reason: 'There is no window to open it in; point your own DevTools at the cdpUrl of a page.',
  },
  'Target.createBrowserContext': {
    kind: 'limit',
    reason:
      'Its proxy and its universal access are left out, since the session has one way out; and it goes when the client goes.',
    parameters: ({
      proxyServer: _proxy,
      proxyBypassList: _bypass,
      originsWithUniversalNetworkAccess: _origins,
      ...rest
    }) => ({ ...rest, disposeOnDetach: true }),
  },
}

const addressReason =
  'A page can be at http, https, data and blob addresses and at about:blank; the address is passed on in its normal form.'

/** Commands that take a page somewhere. What pages do themselves, Chromium limits. */
export const navigationRows: PolicyRows = {
  'Page.navigate': {
    kind: 'limit',
    reason: addressReason,
    parameters: (parameters) =>
      typeof parameters['url'] === 'string'
        ? { ...parameters, url: permittedAddress(parameters['url']) }
        : parameters,
  },
  'Target.createTarget': {
    kind: 'limit',
    reason: addressReason,
    parameters: (parameters) =>
      // Nothing means about:blank.
      typeof parameters['url'] === 'string' && parameters['url'] !== ''
        ? { ...parameters, url: permittedAddress(parameters['url']) }
        : parameters,
  },
}

/** Commands that tell of the machine, or change what runs on it. */
export const machineRows: PolicyRows = {
  'Browser.getBrowserCommandLine': {
    kind: 'refuse',
    reason: 'It would show how the server runs; Browser.getVersion says which browser it is.',
  },
  'Cast.*': {
    kind: 'refuse',
    reason: 'It would look for devices around the server; use Page.startScreencast.',
  },
  'Extensions.*': {
    kind: 'refuse',
    reason:
      'Sessions have no extensions; Page.addScriptToEvaluateOnNewDocument puts code into pages.',
  },
  'HeadlessExperimental.*': {
    kind: 'refuse',
    reason: 'It would take the drawing of pages from every client; use Page.captureScreenshot.',
  },
  // Profiles of native memory name the libraries of the machine and where they lie; what prepares
  // a page for the search of leaks takes it from every client.
  'Memory.*': {
    kind: 'refuse',
    reason:
      'It would show or clear the memory of the browser itself; HeapProfiler shows that of a page.',
  },
  'Memory.getDOMCounters': { kind: 'allow', reason: "They are the page's own." },
  // Installed apps are files in a home folder, and may be given files to open.
  'PWA.*': {
    kind: 'refuse',
    reason: 'Apps cannot be installed in a session; navigate to the address of the app.',
  },
  'SystemInfo.*': {
    kind: 'refuse',
    reason: 'It would tell of the machine; Performance.getMetrics tells of the page.',
  },
  'Tethering.*': {
    kind: 'refuse',
    reason: 'It would open ports on the machine; connect to the cdpUrl instead.',
  },
  'Tracing.requestMemoryDump': {
    kind: 'refuse',
    reason: 'It would show the memory of the browser itself; HeapProfiler shows that of a page.',
  },
  'Tracing.start': {
    kind: 'limit',
    reason:
      'Only with { transferMode: "ReturnAsStream" }, and without perfettoConfig and the backend of the system.',
    parameters: (parameters) => {
      // As events, a trace is a flood that no client reads in time.
      if (parameters['transferMode'] !== 'ReturnAsStream') {
        throw new PolicyRefusal('Add transferMode: "ReturnAsStream", and read it with IO.read.')
      }
      // Such a configuration may name a file to write to.
      if (parameters['perfettoConfig'] !== undefined) {
        throw new PolicyRefusal('Give a traceConfig instead of a perfettoConfig.')
      }
      // It is a service of the machine.
      if (parameters['tracingBackend'] === 'system') {
        throw new PolicyRefusal('Leave tracingBackend out, or give "chrome".')
      }
      return parameters
    },
  },
}

/** Commands that look dangerous, and were found to be the session's own affair. */
export const allowedRows: PolicyRows = {
  'FileSystem.*': {
    kind: 'allow',
    reason: 'It reads the storage that a site has in this browser, no file of the machine.',
  },
  'IO.*': { kind: 'allow', reason: 'It reads streams that the client opened, not paths.' },
  'Network.loadNetworkResource': {
    kind: 'allow',
    reason: "Chromium takes http and https here, and both go the session's one way out.",
  },
  // Playwright's ignoreHTTPSErrors and Puppeteer's acceptInsecureCerts need it.
  'Security.setIgnoreCertificateErrors': {
    kind: 'allow',
    reason: 'Whom a session trusts is the affair of its owner.',
  },
  'Security.setOverrideCertificateErrors': {
    kind: 'allow',
    reason: 'Whom a session trusts is the affair of its owner.',
  },
}
