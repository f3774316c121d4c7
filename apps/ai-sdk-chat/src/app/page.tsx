import { readSetting } from '../agent/setting.ts'
import { Chat } from '../components/chat.tsx'

/** The environment is that of the server when it runs, not when it was built. */
export const dynamic = 'force-dynamic'

export default function Page() {
  return <Chat setting={readSetting(process.env)} />
}
