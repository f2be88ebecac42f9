/** What is mutated: the messages that others wrote, where they are at hand, and some of our own. */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { vectors } from '../../../vectors.ts'

const FOLDERS = ['sip/rfc4475', 'sip/rfc5118/crlf', 'sip/callflows']

/** Each as latin1, a character a byte. */
export function corpus(): string[] {
  const read = FOLDERS.flatMap((set) => {
    const folder = vectors(set)
    return folder === null ? [] : files(folder).map((file) => readFileSync(file, 'latin1'))
  })
  return [...OWN, ...read]
}

function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(dat|sip)$/.test(name))
    .sort()
    .map((name) => path.join(folder, name))
}

function own(method: string, more: string, body = ''): string {
  return (
    `${method} sip:bob@pbx.test SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bKown${method};rport\r\nMax-Forwards: 70\r\n` +
    `From: "Alice" <sip:alice@pbx.test>;tag=1\r\nTo: <sip:bob@pbx.test>\r\nCall-ID: own-${method}@pbx.test\r\nCSeq: 1 ${method}\r\n` +
    `Contact: <sip:alice@127.0.0.1:5060;ob>;expires=60;q=0.5;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000a95a0e128>"\r\n` +
    `${more}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  )
}

const SDP = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n'
const DIGEST =
  'Digest username="alice", realm="pbx.test", nonce="abc", uri="sip:pbx.test", response="0123456789abcdef0123456789abcdef", ' +
  'algorithm=MD5, qop=auth, nc=00000001, cnonce="x"'
const PARTS =
  '--x\r\nContent-Type: text/plain\r\n\r\nhello\r\n--x\r\nContent-Type: application/isup\r\n\r\n\xff\x00\xfe\r\n--x--\r\n'

const OWN: readonly string[] = [
  own('REGISTER', `Authorization: ${DIGEST}\r\nExpires: 60\r\n`),
  own(
    'INVITE',
    `Content-Type: application/sdp\r\nRecord-Route: <sip:127.0.0.1;lr>\r\nSupported: 100rel, timer\r\n`,
    SDP,
  ),
  own('MESSAGE', 'Content-Type: multipart/mixed;boundary=x\r\n', PARTS),
  own('OPTIONS', 'Accept: application/sdp\r\n'),
  own('SUBSCRIBE', 'Event: presence\r\nExpires: 60\r\n'),
  own('REFER', 'Refer-To: <sip:carol@pbx.test?Replaces=a%3Bto-tag%3Db>\r\n'),
  own('CANCEL', ''),
  own('ACK', ''),
  own('BYE', ''),
]
