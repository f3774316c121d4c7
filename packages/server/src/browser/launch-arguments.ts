import type { Engine } from './engine.ts'

export interface LaunchArgumentOptions {
  kind: Engine['kind']
  userDataDirectory: string
  /**
   * Chromium's own sandbox. Turn it off only where the kernel does not allow it (as root, or without
   * user namespaces) and something else isolates the browser.
   */
  sandbox: boolean
  /** Size of the window in CSS pixels. Default: 1280 × 720. */
  window?: { width: number; height: number } | undefined
  /** Address of the only way out, such as `http://127.0.0.1:3128`; loopback goes through it, too. */
  proxyServer: string
  /** Flags at the end, for what only the caller knows. */
  extra?: readonly string[] | undefined
}

/** Full Chromium has a headless mode of its own; a headless-shell knows only the old word. */
export function headlessArguments(kind: Engine['kind']): string[] {
  return kind === 'headless-shell' ? ['--headless'] : ['--headless=new']
}

/** Calls home that no page asked for. They cost start time and show up in every egress log. */
const noCallsOfItsOwn = [
  '--disable-background-networking',
  '--disable-breakpad',
  '--disable-client-side-phishing-detection',
  '--disable-component-extensions-with-background-pages',
  '--disable-component-update',
  '--disable-crash-reporter',
  '--disable-default-apps',
  '--disable-domain-reliability',
  '--disable-field-trial-config',
  '--disable-sync',
  '--metrics-recording-only',
  '--no-pings',
  '--no-service-autorun',
]

/** Questions to a person who is not there. */
const noQuestions = [
  '--disable-extensions',
  '--disable-infobars',
  '--disable-prompt-on-repost',
  '--disable-search-engine-choice-screen',
  '--no-default-browser-check',
  '--no-first-run',
]

/** Profiles must be readable on another machine, and a keyring must never be asked for. */
const noKeyring = ['--password-store=basic', '--use-mock-keychain']

/** Automation drives tabs that are not in front; they must run as fast as the one that is. */
const noThrottling = [
  '--disable-back-forward-cache',
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-hang-monitor',
  '--disable-popup-blocking',
  '--disable-renderer-backgrounding',
]

/** The same page gives the same picture on every machine. */
const steadyPictures = [
  '--font-render-hinting=none',
  '--force-color-profile=srgb',
  '--hide-scrollbars',
  '--mute-audio',
  // WebGL without a GPU. It runs in the sandboxed GPU process.
  '--enable-unsafe-swiftshader',
]

/**
 * Pages see the same language on every machine. Without them a machine that has
 * none set shows up as `en-US@posix`, and requests name no language at all.
 */
const oneLanguage = ['--lang=en-US', '--accept-lang=en-US']

/** Variables for the same: workers that pages share take it from here. */
export const languageVariables = { LANG: 'en_US.UTF-8', LANGUAGE: 'en_US' }

/** A container's /dev/shm has 64 MB by default, and a tab that fills it dies. */
const smallSharedMemory = ['--disable-dev-shm-usage']

const disabledFeatures = [
  'AimEnabled',
  'AutofillServerCommunication',
  'CertificateTransparencyComponentUpdater',
  'DialMediaRouteProvider',
  'GlobalMediaControls',
  'HttpsFirstBalancedModeAutoEnable',
  'HttpsUpgrades',
  'InterestFeedContentSuggestions',
  'LensOverlay',
  'MediaRouter',
  'NetworkTimeServiceQuerying',
  'OptimizationHints',
  'PaintHolding',
  'PreconnectToSearch',
  'Translate',
]

const enabledFeatures = ['CDPScreenshotNewSurface', 'SkipListAccountsWithoutGaiaCookies']

/** Traffic that would go past an HTTP proxy: QUIC and WebRTC are UDP. */
const onlyThroughTheProxy = [
  '--disable-quic',
  '--force-webrtc-ip-handling-policy=disable_non_proxied_udp',
  '--proxy-bypass-list=<-loopback>',
]

/**
 * Flags of a headless, quiet browser that is driven over `--remote-debugging-pipe` (file descriptors
 * 3 and 4) and starts with one blank page. Site isolation, web security and the protection against
 * floods of messages from a page stay on. Compared with the defaults of Playwright and Puppeteer.
 */
export function launchArguments(options: LaunchArgumentOptions): string[] {
  const { width, height } = options.window ?? { width: 1280, height: 720 }
  return [
    ...headlessArguments(options.kind),
    ...noCallsOfItsOwn,
    ...noQuestions,
    ...noKeyring,
    ...noThrottling,
    ...steadyPictures,
    ...oneLanguage,
    ...smallSharedMemory,
    `--disable-features=${disabledFeatures.join(',')}`,
    `--enable-features=${enabledFeatures.join(',')}`,
    ...(options.sandbox ? [] : ['--no-sandbox']),
    ...onlyThroughTheProxy,
    `--proxy-server=${options.proxyServer}`,
    `--user-data-dir=${options.userDataDirectory}`,
    `--window-size=${width},${height}`,
    '--remote-debugging-pipe',
    ...(options.extra ?? []),
    'about:blank',
  ]
}
