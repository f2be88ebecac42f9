/** A trunk as an operator writes it (docs/trunks.md), and back without its password. Pure. Scalars are text: prefixes keep their zeros. */
import { stringify } from 'yaml'
import { z } from 'zod'
import { isName } from '../../cluster/tables/names.ts'
import type { TrunkRow } from '../../cluster/tables/trunk-rows.ts'
import { clean } from '../../proto/text.ts'
import { parseUri } from '../sip/address.ts'
import { isCidr } from '../sip/source.ts'
import { readYaml, sayFaults } from '../yaml.ts'
import { isTarget } from './invite.ts'

const TARGETS_MAX = 8
const NETWORKS_MAX = 100
/** Wider ones would let half the world call without a password. */
const BITS_MIN = { v4: 8, v6: 16 }

const text = (max: number) =>
  z
    .string('must be a text')
    .min(1, 'must not be empty')
    .max(max, `at most ${max} characters`)
    .refine((value) => clean(value, max + 1) === value, 'must not hold control or invisible characters')

const whole = (min: number, max: number) => {
  const say = `must be a whole number from ${min} to ${max}`
  return z
    .string(say)
    .refine((value) => /^\d{1,9}$/.test(value) && +value >= min && +value <= max, say)
    .transform(Number)
}

const yes = z.enum(['true', 'false'], 'must be true or false').transform((value) => value === 'true')

const user = z
  .string('must be a name')
  .regex(/^[A-Za-z0-9_.!~*'()&=+$,;?/-]{1,64}$/, 'must be a user part, without domain, of at most 64 characters')
const host = z
  .string('must be a name or address')
  .refine(
    (value) => value.length <= 253 && parseUri(`sip:${value}`)?.rest === '',
    'must be a host, like sip.example.com',
  )
  .transform((value) => value.toLowerCase())

const network = z
  .string('must be a network')
  .refine(isCidr, 'must be a network like 192.0.2.0/24, or an address')
  .refine(
    isNarrow,
    `is too wide: everybody in it may call without a password; /${BITS_MIN.v4} at least, of IPv6 /${BITS_MIN.v6}`,
  )

function isNarrow(cidr: string): boolean {
  const [address = '', bits] = cidr.split('/')
  // IPv4 in IPv6 is written as IPv4: ::ffff:0:0/96 would be everybody.
  if (address.startsWith('::')) return bits === undefined && address.length > 2
  return bits === undefined || Number(bits) >= (address.includes(':') ? BITS_MIN.v6 : BITS_MIN.v4)
}

const aor = z
  .string('must be a user')
  .regex(/^[A-Za-z0-9_.!~*'()&=+$,;?/-]{1,64}@[A-Za-z0-9.-]{1,253}$/, 'must be a user of ours, like pbx@pbx.test')
  .transform((value) => {
    const at = value.lastIndexOf('@')
    return value.slice(0, at) + value.slice(at).toLowerCase()
  })

const policy = z
  .strictObject({
    format: z.enum(['e164', 'plus-less', 'national'], 'must be e164, plus-less or national').optional(),
    country: z
      .string()
      .regex(/^[1-9]\d{0,2}$/, 'must be a calling code without plus, like 49')
      .optional(),
    international: z
      .string()
      .regex(/^\d{1,5}$/, 'must be digits, like 00 or 011')
      .optional(),
    strip: whole(0, 32).optional(),
    prefix: z
      .string()
      .regex(/^[+*#\d]{1,32}$/, 'must be digits, +, * or #')
      .optional(),
  })
  .refine(({ format, country }) => format !== 'national' || country !== undefined, 'national needs country, like 49')

/** What is ours to say, or would lead elsewhere. */
const KEPT =
  /^(?:via|from|to|call-id|cseq|contact|route|record-route|max-forwards|content-.*|authorization|proxy-authorization|require|supported|allow|x-raftel-.*|[a-z])$/i
const headerName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, 'must be the name of a header')
  .refine((name) => !KEPT.test(name), 'is a header that this program writes by itself')

const document = z.strictObject(
  {
    tenant: text(64).optional(),
    targets: z
      .array(
        z
          .string('must be an address')
          .refine(isTarget, 'must be like sip:sip.example.com:5060;transport=tcp, without a user'),
        'must be a list of addresses',
      )
      .min(1, 'must name where calls go')
      .max(TARGETS_MAX, `at most ${TARGETS_MAX} targets`),
    domain: host.optional(),
    auth: z.strictObject({ user, realm: text(128).optional(), password: text(256).optional() }).optional(),
    register: z
      .union([
        z.enum(['true', 'false']).transform((value) => (value === 'true' ? {} : undefined)),
        z.strictObject({ user: user.optional(), expires: whole(60, 86_400).optional() }),
      ])
      .optional(),
    probe: whole(0, 3_600).optional(),
    inbound: z
      .strictObject({
        from: z
          .array(network, 'must be a list of networks')
          .max(NETWORKS_MAX, `at most ${NETWORKS_MAX} networks`)
          .optional(),
        user: aor.optional(),
        domain: host.optional(),
      })
      .optional(),
    out: policy.optional(),
    in: policy.optional(),
    codecs: z
      .array(
        z.string().regex(/^[A-Za-z0-9._-]{1,32}$/, 'must be the name of a codec, like PCMA'),
        'must be a list of codecs',
      )
      .min(1, 'must name a codec')
      .max(32, 'at most 32 codecs')
      .optional(),
    headers: z
      .strictObject({
        add: z
          .record(headerName, text(256))
          .refine((all) => Object.keys(all).length <= 16, 'at most 16 headers')
          .optional(),
        remove: z
          .array(z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, 'must be the name of a header'))
          .max(16)
          .optional(),
      })
      .optional(),
    identity: z.strictObject({ trusted: yes.optional(), from: user.optional() }).optional(),
    max_calls: whole(0, 1_000_000).optional(),
    disabled: yes.optional(),
  },
  'must be a mapping with targets',
)

export type TrunkSpec = Omit<TrunkRow, 'version' | 'auth'> & {
  readonly auth?: { readonly user: string; readonly realm?: string }
}

export type TrunkRead =
  | {
      readonly kind: 'ok'
      readonly trunk: TrunkSpec
      /** Where the text has one. */
      readonly password: string | null
    }
  | { readonly kind: 'faults'; readonly text: string }

/** Faults begin with `trunk:line:column:`. */
export function readTrunk(name: string, source: string): TrunkRead {
  if (!isName(name)) return { kind: 'faults', text: 'the name of a trunk is 1 to 32 of a-z, 0-9 and -, like carrier-a' }
  const read = readYaml(source, document, { scalars: 'text' })
  if (read.kind !== 'ok') return { kind: 'faults', text: sayFaults('trunk', read.faults) }
  const { auth, max_calls: maxCalls, disabled, register, ...rest } = read.value
  const { password = null, ...account } = auth ?? {}
  if (register && !auth && !('user' in register && register.user)) {
    return { kind: 'faults', text: 'trunk:1:1: register: needs auth.user, or a user of its own' }
  }
  const trunk = {
    name,
    ...rest,
    ...(auth && { auth: account as TrunkSpec['auth'] }),
    ...(register && { register }),
    ...(maxCalls !== undefined && { maxCalls }),
    ...(disabled === true && { disabled }),
  } as TrunkSpec
  return { kind: 'ok', trunk: withoutHoles(trunk), password }
}

/** As it would be written; its password is not in it. */
export function writeTrunk({ name: _, version: __, auth, maxCalls, ...rest }: TrunkRow): string {
  const account = auth && { user: auth.user, ...(auth.realm !== undefined && { realm: auth.realm }) }
  const order = [
    'tenant',
    'targets',
    'domain',
    'auth',
    'register',
    'probe',
    'inbound',
    'out',
    'in',
    'codecs',
    'headers',
  ]
  const all: Record<string, unknown> = { ...rest, auth: account, max_calls: maxCalls }
  const keys = [...new Set([...order, ...Object.keys(all)])].filter((key) => all[key] !== undefined)
  return stringify(Object.fromEntries(keys.map((key) => [key, all[key]])), { lineWidth: 0 })
}

/** A key that is absent and one that is undefined are the same in JSON, and have to be in hashes. */
function withoutHoles<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}
