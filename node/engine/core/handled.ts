import type { Head } from '../parser/check.ts'
import { parseAddress, splitOutside } from '../parser/headers.ts'
import { headerOf, type SipRequest } from '../parser/message.ts'
import { parseUri } from '../parser/uri.ts'
import type { ServerTransaction } from '../transaction/server.ts'
import type { Flow } from '../transport/flow.ts'
import type { App } from '../wire/apps.ts'
import type { Decision } from '../wire/decision.ts'
import type { NoDecision, RequestHandler } from '../wire/handlers.ts'
import { type Ask, responseText } from './ask.ts'
import type { Core } from './core.ts'
import { proxy } from './proxy.ts'
import { answer } from './respond.ts'

const NOBODY: App = { id: '', open: true, send() {} }

/** Has an HTTP handler decide; `hand` gives the request to an app. */
export function askHandler(
  core: Core,
  handler: RequestHandler,
  transaction: ServerTransaction<Ask>,
  about: { request: SipRequest; head: Head; flow: Flow; text: string },
  hand: (app: App) => void,
): void {
  const question = { query: queryOf(about.request, about.head, about.flow), text: core.bodies.shown(about.text) }
  core.handlers.ask(handler, question, (decision) => {
    const { ask } = transaction
    // Cancelled meanwhile, or too late for anybody.
    if (!ask || core.server.byId(transaction.id) === null) return
    carryOut(core, transaction, ask, decision, hand)
  })
}

function carryOut(
  core: Core,
  transaction: ServerTransaction<Ask>,
  ask: Ask,
  decision: Decision | NoDecision,
  hand: (app: App) => void,
): void {
  const refuse = (status: number, reason: string, lines = ''): void =>
    answer(core, transaction, ask, status, responseText(ask, status, reason, lines, ''))
  switch (decision.action) {
    case 'reject':
      refuse(decision.status, decision.reason)
      break
    case 'redirect':
      refuse(302, 'Moved Temporarily', `Contact: ${decision.contacts.map(named).join(', ')}\r\n`)
      break
    case 'proxy': {
      const text = `${ask.method} sip:placeholder SIP/2.0\r\n\r\n`
      proxy(core, NOBODY, { kind: 'proxy', id: '', transaction: transaction.id, ...decision.order, text })
      // What cannot be proxied shall not hang.
      if (!ask.proxy && core.server.byId(transaction.id)) refuse(500, 'Bad Destination')
      break
    }
    case 'route': {
      const { to } = decision
      const app = 'tag' in to ? core.apps.tagged(to.tag, ask.method.toLowerCase()) : core.apps.dial(to)
      if (app) hand(app)
      else refuse(503, 'No Application', 'Retry-After: 5\r\n')
      break
    }
    case 'none':
      if (decision.why === 'not understood') refuse(500, 'Server Internal Error')
      else refuse(503, 'Service Unavailable', 'Retry-After: 5\r\n')
      break
  }
}

function named(contact: string): string {
  return contact.includes('<') ? contact : `<${contact}>`
}

/** What a handler is told, with the names that a drachtio-server uses. */
function queryOf(request: SipRequest, head: Head, flow: Flow): [string, string][] {
  const uri = parseUri(request.uri)
  const user = (value: string): string => parseUri(parseAddress(value)?.uri ?? '')?.user ?? ''
  const query: [string, string][] = [
    ['method', request.method],
    ['domain', uri?.host ?? ''],
    ['protocol', flow.transport],
    ['source_address', flow.remote.host],
    ['fromUser', user(head.from)],
    ['toUser', user(head.to)],
    ['uriUser', uri?.user ?? ''],
    ['contentType', headerOf(request, 'content-type') ?? ''],
    ['uri', request.uri],
  ]
  const names = new Set(query.map(([name]) => name))
  for (const part of splitOutside(uri?.parameters ?? '', ';')) {
    const equals = part.indexOf('=')
    const name = equals < 0 ? part : part.slice(0, equals)
    // Whoever calls does not get to say where he calls from.
    if (name !== '' && !names.has(name)) query.push([name, equals < 0 ? '' : part.slice(equals + 1)])
  }
  return query
}
