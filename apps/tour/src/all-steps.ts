import type { Step } from './step.ts'
import { scrape } from './steps/01-scrape.ts'
import { interactWithCode } from './steps/02-interact-with-code.ts'
import { attachPlaywright } from './steps/03-attach-playwright.ts'
import { lookAtItLive } from './steps/04-look-at-it-live.ts'
import { shareState } from './steps/05-share-state.ts'
import { streamOutput } from './steps/06-stream-output.ts'
import { driveFromPython } from './steps/07-drive-from-python.ts'
import { driveWithAgentBrowser } from './steps/08-drive-with-agent-browser.ts'
import { giveItToLangChain } from './steps/09-give-it-to-langchain.ts'
import { giveItToAiSdk } from './steps/10-give-it-to-ai-sdk.ts'
import { refusePrivateAddress } from './steps/11-refuse-private-address.ts'
import { killEndlessLoop } from './steps/12-kill-endless-loop.ts'
import { stop } from './steps/13-stop.ts'
import { keepProfile } from './steps/14-keep-profile.ts'

/** The tour, in order. A new step is a file in steps/ and a line in this list. */
export const steps: readonly Step[] = [
  scrape,
  interactWithCode,
  attachPlaywright,
  lookAtItLive,
  shareState,
  streamOutput,
  driveFromPython,
  driveWithAgentBrowser,
  giveItToLangChain,
  giveItToAiSdk,
  refusePrivateAddress,
  killEndlessLoop,
  stop,
  keepProfile,
]
