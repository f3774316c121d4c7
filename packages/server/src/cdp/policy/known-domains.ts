/**
 * Domains of the protocol that this policy was written for. Others are passed
 * on as well, since every new Chromium brings some; but they are counted, so
 * that somebody looks at them.
 */
export const knownDomains: ReadonlySet<string> = new Set(
  `
    Accessibility Ads Animation Audits Autofill BackgroundService BluetoothEmulation Browser
    CSS CacheStorage Cast Console CrashReportContext DOM DOMDebugger DOMSnapshot DOMStorage
    Debugger DeviceAccess DeviceOrientation DigitalCredentials Emulation EventBreakpoints
    Extensions FedCm Fetch FileSystem HeadlessExperimental HeapProfiler IO IndexedDB Input
    Inspector LayerTree Log Media Memory Network Overlay PWA Page Performance
    PerformanceTimeline Preload Profiler Runtime Schema Security ServiceWorker
    SmartCardEmulation Storage SystemInfo Target Tethering Tracing WebAudio WebAuthn WebMCP
  `
    .trim()
    .split(/\s+/),
)
