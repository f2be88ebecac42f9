import { contactUri, type Dialog, own, sourceIsTheWay } from '../dialog/dialog.ts'
import { parseAddress, tagOf } from '../parser/headers.ts'
import { headerOf, isToken, type SipResponse } from '../parser/message.ts'
import type { ServerTransaction } from '../transaction/server.ts'
import type { App, AppSipMessage } from '../wire/apps.ts'
import { type Ask, responseText } from './ask.ts'
import { unanswered } from './cdr.ts'
import { appLines, contactValue } from './compose.ts'
import { type Core, echo, notOk } from './core.ts'
import { awaitAck } from './indialog.ts'

const FORMING = new Set(['INVITE', 'SUBSCRIBE'])
const WITH_CONTACT = new Set(['INVITE', 'SUBSCRIBE', 'UPDATE', 'NOTIFY', 'REFER'])

/** An app answers a request of the network. */
export function appResponse(core: Core, app: App, message: AppSipMessage, response: SipResponse): void {
  const transaction = core.server.byId(message.transaction)
  const ask = transaction?.ask
  if (!transaction || !ask) {
    notOk(app, message.id, 'Response not sent due to unknown transaction')
    return
  }
  if (ask.proxy) {
    notOk(app, message.id, 'Response not sent: the request is being proxied')
    return
  }
  const { status } = response
  if (ask.method !== 'INVITE' && status > 100 && status < 200) {
    notOk(app, message.id, 'only INVITE has provisional responses other than 100 (RFC 4320)')
    return
  }
  if (ask.method !== 'INVITE' && status === 408) {
    notOk(app, message.id, 'a request other than INVITE is never answered 408 (RFC 4320)')
    return
  }

  takeTag(ask, response)
  let lines = ''
  const makesDialog = FORMING.has(ask.method) && status > 100 && status < 300
  const given = headerOf(response, 'contact')
  if (
    given !== null ||
    (makesDialog && status < 300) ||
    (WITH_CONTACT.has(ask.method) && status < 300 && status > 100)
  ) {
    lines += `Contact: ${contactValue(response, transaction.flow)}\r\n`
  }
  lines += appLines(response, transaction.flow)
  const text = responseText(ask, status, response.reason, lines, response.body)
  if (makesDialog && !ask.dialog)
    ask.dialog = newDialog(core, app, transaction, ask, contactValue(response, transaction.flow))
  const told = { transaction: transaction.id, dialog: ask.dialog?.id ?? ask.dialogId }
  answer(core, transaction, ask, status, text)
  echo(core, app, message.id, transaction.flow, text, told)
}

// The app may choose the tag, once, before we have used ours.
function takeTag(ask: Ask, response: SipResponse): void {
  if (ask.toTag !== '' || ask.dialog) return
  const tag = tagOf(headerOf(response, 'to') ?? '')
  if (tag !== '' && isToken(tag)) ask.tag = tag
}

/** Sends a response, of an app or of the engine, and does to the dialog what it means. */
export function answer(core: Core, transaction: ServerTransaction<Ask>, ask: Ask, status: number, text: string): void {
  const { dialog } = ask
  if (status >= 200) {
    core.merges.delete(ask.merge)
    ask.patience?.cancel()
  }
  core.server.respond(transaction, status, text)
  if (status >= 200 && ask.method === 'INVITE' && ask.toTag === '') record(core, ask, status, text)
  if (status < 200 || !dialog) return
  if (dialog.incoming === transaction.id) dialog.incoming = null
  if (status >= 300) {
    // Only the request that was to make the dialog takes it along.
    if (!dialog.confirmed && ask.toTag === '') core.dialogs.remove(dialog)
    return
  }
  if (!FORMING.has(ask.method)) return
  dialog.confirmed = true
  if (ask.method === 'INVITE') awaitAck(core, dialog, ask.seq, transaction.flow, text)
}

function record({ cdrs }: Core, ask: Ask, status: number, text: string): void {
  if (status < 300) cdrs?.start('application', ask.proxy ? 'proxy-uas' : 'uas', text)
  else cdrs?.stop('application', unanswered(status), text)
}

function newDialog(core: Core, app: App, transaction: ServerTransaction<Ask>, ask: Ask, contact: string): Dialog {
  const { flow } = transaction
  const dialog: Dialog = {
    id: ask.dialogId,
    role: 'uas',
    usage: ask.method,
    callId: own(ask.callId),
    localTag: ask.tag,
    local: own(`${ask.to};tag=${ask.tag}`),
    remoteTag: own(ask.fromTag),
    remote: own(ask.from),
    localSeq: 0,
    remoteSeq: ask.seq,
    target: ask.contact ?? own(parseAddress(ask.from)?.uri ?? contactUri(flow.remote, flow.transport)),
    routes: ask.routes,
    way: sourceIsTheWay(ask.contact, ask.routes.length, ask.viaCount, flow) ? { flow } : null,
    confirmed: false,
    app,
    contact,
    incoming: transaction.id,
    outgoing: false,
    answer: null,
    ack: null,
    answeredSeq: 0,
  }
  core.dialogs.add(dialog)
  return dialog
}
