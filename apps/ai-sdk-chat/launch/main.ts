import { parseArgs } from 'node:util'
import { ServedShop } from 'tour/served-shop'
import { readSetting } from '../src/agent/setting.ts'
import { buildApp } from './build-app.ts'
import { ChatApp } from './chat-app.ts'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: process.env['PORT'] || '3000' },
    dev: { type: 'boolean', default: false },
  },
})

const { modelLabel, isScripted, problem } = readSetting(process.env)
if (problem !== undefined) throw new Error(problem)

const tell = (line: string): void => void process.stdout.write(`${line}\n`)
const stopped = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopped.abort())

if (!values.dev) {
  tell('Building the page, unless it is built already.')
  await buildApp()
}
await using shop = await ServedShop.start()
await using app = await ChatApp.start({
  port: Number(values.port),
  mode: values.dev ? 'dev' : 'start',
  environment: {
    TANDEM_BASE_URL: shop.baseUrl,
    TANDEM_API_KEY: shop.apiKey,
    CHAT_SHOP_URL: shop.site.url,
  },
})
tell(
  isScripted
    ? 'Model: none. SCRIPTED: the environment has no key, so a script plays the model. It calls the same tools.'
    : `Model: ${modelLabel}.`,
)
tell(`The chat is at ${app.url}, and the shop at ${shop.site.url}. Ctrl-C stops both.`)
const stop = (): void => void app.close()
stopped.signal.addEventListener('abort', stop)
if (stopped.signal.aborted) stop()
await app.ended()
