/**
 * Where the engine and a drachtio-server do not do the same, on purpose. The scenarios of scenarios.test.ts that are named here
 * have another result with the daemon; all others must have the same. docs/engine.md has the same list in words.
 */
export interface Difference {
  /** What is seen with drachtio-server instead; null: nothing that a test could wait for. */
  readonly daemon: readonly string[] | null
  readonly why: string
}

export const DIFFERENCES: Readonly<Record<string, Difference>> = {
  'a verb that no app wants': {
    daemon: ['503'],
    why: '405 with Allow says that it will never be served; 503 asks the phone to try again, and it does',
  },
  'a redirection that is followed': {
    daemon: ['app: true 200', 'caller: 200', 'sip:proxied@pbx.test'],
    why: 'who is redirected to asks for the URI of the Contact (RFC 3261 §16.5); the daemon sends the old one there',
  },
  'a subscription of the app': {
    daemon: ['presence', '200', '500', 'active;expires=60', 'terminated;reason=noresource'],
    why: 'the daemon ends the dialog with the last NOTIFY, and with the dialog the answer that the app gives to it',
  },
  'a call of the app with header fields of its own': {
    daemon: [
      '"Anna" <sip:anna@127.0.0.1:P>',
      '<sip:bob@example.test>',
      '<sip:127.0.0.1:P>',
      'seven',
      'an app',
      '70',
      'application/sdp',
    ],
    why: 'localhost in From and To is a name, and an address of record has no port; the daemon writes its own',
  },
  'a handler that redirects': {
    daemon: ['SIP/2.0 302 Moved', '<sip:a@192.0.2.1>'],
    why: 'the daemon names the first contact only; with all of them the caller has somebody left to try',
  },
  'a request that is routed by tag': {
    daemon: ['486', '480'],
    why: 'without an app for the tag the server cannot serve now: 503 with Retry-After sends a proxy before it elsewhere; 480 speaks of the callee',
  },
  'what the app reads of a message with short names, folded and repeated fields': {
    daemon: [
      'From=<sip:alice@pbx.test>;tag=N',
      'Contact=<sip:alice@127.0.0.1:P>',
      'Subject=lunch',
      'Supported=path',
      'Content-Type=text/plain',
      'X-Long=one\r',
      ' two',
      'X-Twice=a,b',
      'Accept=a/b,c/d',
      'Call-ID=N@pbx.test',
    ],
    why: 'folded or not, a field means the same (RFC 3261 §7.3.1); a line break in a value only gets in the way of the app',
  },
  'a session timer that is too short': {
    daemon: ['200', '30;refresher=uac', ''],
    why: 'nobody may be made to refresh a call more often than each 90 s (RFC 4028 §5); the daemon looks only at later requests of the call',
  },
  'a change from either side at once': {
    daemon: ['200', 'true'],
    why: 'two offers at once have no answer: 491 (RFC 3261 §14.2); the daemon lets drachtio-srf answer while its own offer is open',
  },
  'a call of the app that two answer': {
    daemon: null,
    why: 'the second answer gets its ACK and nothing else of the daemon, so that phone talks to nobody; it is hung up (RFC 3261 §13.2.2.4)',
  },
  'one request that comes by two ways': {
    daemon: null,
    why: 'the copy is 482 (RFC 3261 §8.2.2.2); the daemon gives it no final answer',
  },
  'a REFER outside of a dialog': {
    daemon: null,
    why: 'the daemon drops it without an answer, and the phone repeats it for half a minute',
  },
  'records of a proxied call': {
    daemon: null,
    why: 'how many attempts there are differs with its version; ours are one for each message that begins or ends something',
  },
  remove_route: {
    daemon: null,
    why: 'the daemon then forgets all verbs of the app, and not the one that was named',
  },
  'an app without the secret': {
    daemon: null,
    why: 'the daemon never looks whether an app has said the secret',
  },
}
