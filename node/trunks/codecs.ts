/** Which codecs a trunk is offered (RFC 4566, RFC 3264), by what stands in the SDP alone. Pure. */

/** Static payload types (RFC 3551 §6), which need no rtpmap. */
const STATIC: Readonly<Record<string, string>> = {
  0: 'pcmu',
  3: 'gsm',
  4: 'g723',
  8: 'pcma',
  9: 'g722',
  13: 'cn',
  15: 'g728',
  18: 'g729',
}
/** Not what is spoken with, but what goes with it. */
const BESIDE: ReadonlySet<string> = new Set(['telephone-event', 'cn', 'red'])

/**
 * The same offer with these codecs only, most wanted first; tones go along. Of a stream that would have none left nothing is taken: whoever hears it
 * says no better than we. Only audio is looked at.
 */
export function onlyCodecs(sdp: string, codecs: readonly string[]): string {
  const wanted = codecs.map((name) => name.toLowerCase())
  // A session starts with what holds for all of its streams.
  return sdp
    .split(/(?=^m=)/m)
    .map((part) => (part.startsWith('m=audio ') ? audio(part, wanted) : part))
    .join('')
}

function audio(part: string, wanted: readonly string[]): string {
  const names = new Map<string, string>()
  for (const [, type, name] of part.matchAll(/^a=rtpmap:(\d{1,3}) ([\w.-]{1,64})/gm))
    names.set(type!, name!.toLowerCase())
  const [line = ''] = part.split(/\r?\n/, 1)
  const [media, port, profile, ...types] = line.split(' ')
  const nameOf = (type: string): string => names.get(type) ?? STATIC[type] ?? ''
  const spoken = wanted.flatMap((name) => types.filter((type) => nameOf(type) === name))
  if (spoken.length === 0) return part
  const kept = [...new Set([...spoken, ...types.filter((type) => BESIDE.has(nameOf(type)))])]
  const gone = new Set(types.filter((type) => !kept.includes(type)))
  const rest = part
    .slice(line.length)
    .replace(/^a=(?:rtpmap|fmtp|rtcp-fb):(\d{1,3}) .*\r?\n?/gm, (text, type: string) => (gone.has(type) ? '' : text))
  return [media, port, profile, ...kept].join(' ') + rest
}
