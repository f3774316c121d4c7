import { Picture } from './canvas.js'
import { Connection } from './connection.js'
import { ControlBar } from './control-bar.js'
import { Dialogs } from './dialogs.js'
import { byId } from './dom.js'
import { Files } from './files.js'
import { readFrame } from './frame.js'
import { sendPointer } from './input.js'
import { Keyboard } from './keyboard.js'
import { Pickers } from './picker.js'
import { Status } from './status.js'
import { Tabs } from './tabs.js'
import { base, token } from './ticket.js'

const stage = byId('stage')
const picture = new Picture()
const status = new Status(stage)
stage.prepend(picture.element)

if (token === undefined) {
  status.refused('Its address is not whole: the part behind # is missing.')
} else open(token)

/** @param {string} secret */
function open(secret) {
  const connection = new Connection(base, secret)
  /** @type {ReturnType<typeof assemble> | undefined} */
  let parts

  connection.onState = (state) => {
    if (state.state === 'connecting') status.connecting()
    else if (state.state === 'reconnecting') status.reconnecting()
    else if (state.state === 'refused') status.refused(state.message)
    else if (state.state === 'ended') status.ended(state.endReason)
    else status.waiting()
    if (state.state === 'ended' || state.state === 'refused') {
      byId('bar').hidden = true
      byId('control').hidden = true
      parts?.dialogs.show(undefined)
      parts?.pickers?.show(undefined)
      parts?.files?.showChooser(undefined)
    }
  }
  connection.onFrame = (data) => {
    const frame = readFrame(data)
    if (frame) picture.show(frame)
  }
  picture.onSeen = (sequence) => {
    connection.send({ type: 'seen', sequence })
    if (stage.dataset['state'] !== 'live') status.live()
  }
  connection.onNews = (news) => {
    if (news.type === 'hello') {
      // The same parts go on when a connection comes back.
      parts ??= assemble(connection, news.interactive)
      if (parts.files) parts.files.uploadToken = news.uploadToken
      return
    }
    if (!parts) return
    const { tabs, control, dialogs, pickers, files } = parts
    switch (news.type) {
      case 'tabs':
        return tabs.showTabs(news.tabs, news.active)
      case 'page':
        document.title = `${news.title || news.url} · Live view`
        picture.element.setAttribute('aria-label', `The page: ${news.title || news.url}`)
        return tabs.showPage(news)
      case 'control': {
        const change = control.show(news.control, news.viewers)
        if (change !== undefined) status.say(change)
        return
      }
      case 'state':
        return showState(news.state, control.mayAct, connection)
      case 'dialog': {
        const question = dialogs.show(news.dialog)
        if (question !== undefined) status.say(question)
        return
      }
      case 'picker':
        return pickers?.show(news.picker)
      case 'chooser':
        return files?.showChooser(news.chooser)
      case 'clipboard':
        void copy(news.text)
        return
      case 'problem':
        return status.problem(news.message)
    }
  }
  void connection.open()
}

/**
 * @param {Connection} connection
 * @param {boolean} interactive
 */
function assemble(connection, interactive) {
  const send = (/** @type {Record<string, unknown>} */ message) => connection.send(message)
  document.body.classList.toggle('interactive', interactive)
  picture.element.setAttribute('role', 'img')
  const tabs = new Tabs(byId('bar'), interactive, send)
  const control = new ControlBar(byId('control'), interactive, send)
  const dialogs = new Dialogs(stage, interactive, send)
  if (!interactive) return { tabs, control, dialogs, pickers: undefined, files: undefined }

  const keyboard = new Keyboard(send, () => byId('control').querySelector('button')?.focus())
  stage.append(keyboard.element)
  const focus = () => keyboard.focus()
  sendPointer(picture, { send, onPress: focus })
  const pickers = new Pickers(stage, picture, { send, onDone: focus })
  const onProblem = (/** @type {string} */ message) => status.problem(message)
  const files = new Files(stage, picture, { base, send, onProblem })
  return { tabs, control, dialogs, pickers, files }
}

/**
 * @param {'live' | 'no_page' | 'crashed'} state
 * @param {boolean} mayAct
 * @param {Connection} connection
 */
function showState(state, mayAct, connection) {
  if (state === 'no_page') status.noPage()
  else if (state === 'crashed') {
    status.crashed(mayAct ? () => connection.send({ type: 'reload' }) : undefined)
  }
}

/** @param {string} text */
async function copy(text) {
  if (text === '') return
  try {
    await navigator.clipboard.writeText(text)
    status.say('Copied.')
  } catch {
    status.problem(
      'This browser does not let the page copy. Open the live view in a tab of its own.',
    )
  }
}
