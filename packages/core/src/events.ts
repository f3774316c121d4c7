/** One server-sent event. */
export interface ServerSentEvent {
  event: string
  data: string
}

/**
 * Parses `text/event-stream` as the HTML standard says: any of the three line
 * ends, wherever the pieces are cut. An event that the stream's end cuts off is dropped.
 */
export async function* parseEvents(
  pieces: AsyncIterable<string>,
): AsyncGenerator<ServerSentEvent, void, undefined> {
  let event = ''
  let data: string[] = []
  let line = ''
  let afterCarriageReturn = false
  for await (const piece of pieces) {
    if (!piece) continue
    // The second half of a CRLF that was cut in two.
    const text = afterCarriageReturn && piece.startsWith('\n') ? piece.slice(1) : piece
    afterCarriageReturn = piece.endsWith('\r')
    const [rest = '', ...starts] = text.split(/\r\n|\n|\r/)
    line += rest
    for (const start of starts) {
      const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? []
      if (field === 'event') event = value
      else if (field === 'data') data.push(value)
      else if (line === '') {
        if (data.length > 0) yield { event, data: data.join('\n') }
        event = ''
        data = []
      }
      line = start
    }
  }
}
