/** Ends all sessions before the server stops. Next.js leaves that to us: NEXT_MANUAL_SIG_HANDLE is set. */
export async function register(): Promise<void> {
  if (process.env['NEXT_RUNTIME'] !== 'nodejs') return
  // The provider of OpenAI fails when it is loaded with an empty one.
  if (process.env['OPENAI_BASE_URL'] === '') delete process.env['OPENAI_BASE_URL']
  const { stopOnSignal } = await import('./agent/stop-on-signal.ts')
  stopOnSignal()
}
