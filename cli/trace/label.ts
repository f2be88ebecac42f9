/** What a SIP message says, in few words. ◆ */
import { clean } from '../../proto/text.ts'

export interface Label {
  /** `INVITE`, `180 Ringing`, `200 OK BYE`. */
  readonly text: string
  /** A request's; of a response the one that it answers. */
  readonly method: string
  /** 0: a request. */
  readonly status: number
  readonly sdp: boolean
}

const CSEQ = /^cseq\s*:\s*(\d+)\s+(\S+)/im
const SDP = /^(?:content-type|c)\s*:\s*application\/sdp/im
const TO_TAG = /^(?:to|t)\s*:[^\r\n]*;\s*tag\s*=/im

export function labelOf(text: string): Label {
  const blank = text.indexOf('\r\n\r\n')
  const head = blank < 0 ? text : text.slice(0, blank)
  const start = text.slice(0, Math.max(0, text.indexOf('\r\n')))
  const sdp = SDP.test(head) || text.startsWith('v=0', blank + 4)
  const of = CSEQ.exec(head)?.[2] ?? ''
  const response = /^SIP\/2\.0 (\d{3})(?: (.*))?$/i.exec(start)
  if (response) {
    const [, code = '', reason = ''] = response
    const about = of === 'INVITE' ? '' : ` ${of}`
    return { text: clean(`${code} ${reason}${about}`.trimEnd(), 64), method: clean(of, 32), status: Number(code), sdp }
  }
  const method = clean(start.split(' ', 1)[0] || '?', 32)
  const again = method === 'INVITE' && TO_TAG.test(head) ? 're-INVITE' : method
  return { text: again, method, status: 0, sdp }
}
