/** The shape of a node's configuration file: what each key may hold. What keys mean together is said in config.ts. */
import { z } from 'zod'
import { isAddress, isName } from '../cluster/tables/names.ts'
import { readListenPoint } from './engine/transport/listen.ts'
import { ABUSE } from './sip/offences.ts'
import { readOrigin } from './sip/origin.ts'
import { isCidr } from './sip/source.ts'

const name = z.string().refine(isName, 'must be 1 to 32 of a-z, 0-9 and -, like n1')

const address = z.string().refine(isAddress, 'must be host:port, like 127.0.0.1:7060 or [::1]:7060')

export type ListenText = string

const listen = z
  .string()
  .refine(
    (text) => readListenPoint(text) !== null && isAddress(text.slice(text.indexOf(':') + 1)),
    'must be like udp:0.0.0.0:5060 or tcp:[::1]:5060 (udp, tcp, tls, ws or wss)',
  )

const file = z.string().min(1, 'must name a file').max(4096)
const port = z.number().int().min(1).max(65_535)
const host = z.string().min(1).max(253)
const tls = z.strictObject({ ca: file, cert: file, key: file })

const serverName = z
  .string()
  .regex(/^(\*\.)?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$/, 'must be a name like sip.example.com, or *.example.com')
const sipTls = z.strictObject({
  cert: file,
  key: file,
  ca: file.optional(),
  client: z.enum(['none', 'ask', 'require']).default('none'),
  names: z
    .array(z.strictObject({ name: serverName, cert: file, key: file }))
    .max(100)
    .default([]),
})
const cidrs = z.array(z.string().refine(isCidr, 'must be a network like 192.0.2.0/24, or an address')).max(1000)

const origin = z
  .string()
  .refine(
    (text) => readOrigin(text) !== null,
    'must be like https://phone.example.com, without a path (or null, or file://)',
  )

const seconds = (min: number, max: number) => z.number().int().min(min).max(max)

const external = z.strictObject({
  host,
  port: port.default(9022),
  secret: z.string().min(1).optional(),
  secret_file: file.optional(),
})

export const fileConfig = z.strictObject({
  node: name.optional(),
  data: file.optional(),
  cluster: z
    .strictObject({
      key_file: file.optional(),
      listen: address.optional(),
      address: address.optional(),
      nodes: z
        .array(z.strictObject({ name, id: z.number().int().min(1).max(65_535), address }))
        .max(15)
        .optional(),
      tls: tls.optional(),
      insecure: z.boolean().default(false),
    })
    .optional(),
  control: z
    .strictObject({
      listen: address.default('127.0.0.1:7060'),
      tls: tls.optional(),
      insecure: z.boolean().default(false),
      anonymous: z.enum(['admin', 'viewer', 'none']).optional(),
    })
    .prefault({}),
  sip: z
    .strictObject({
      listen: z.array(listen).min(1).max(16).default(['udp:127.0.0.1:5060', 'tcp:127.0.0.1:5060']),
      tls: sipTls.optional(),
      advertise: host.optional(),
      registration: z
        .strictObject({
          min_expires: seconds(1, 3600).default(60),
          default_expires: seconds(1, 86_400).default(3600),
          max_expires: seconds(60, 86_400).default(7200),
          jitter_percent: z.number().int().min(0).max(50).default(15),
          lease_seconds: seconds(60, 86_400).default(1800),
        })
        .prefault({}),
      acl: z
        .array(z.strictObject({ listen: listen.optional(), allow: cidrs.default([]), deny: cidrs.default([]) }))
        .max(64)
        .default([]),
      origins: z.array(origin).min(1).max(100).optional(),
      path_from: cidrs.default([]),
      abuse: z
        .strictObject({
          trusted: cidrs.default([...ABUSE.trusted]),
          source_rate: z.number().int().min(0).max(1_000_000).default(ABUSE.sourceRate),
          account_rate: z.number().int().min(0).max(100_000).default(ABUSE.accountRate),
          failures: z.number().int().min(1).max(100_000).default(ABUSE.failures),
          account_failures: z.number().int().min(1).max(1_000_000).default(ABUSE.accountFailures),
          bad_requests: z.number().int().min(1).max(1_000_000).default(ABUSE.badRequests),
          window_seconds: seconds(1, 86_400).default(ABUSE.windowSeconds),
          ban_seconds: seconds(1, 31_536_000).default(ABUSE.banSeconds),
          shun_seconds: seconds(1, 3600).default(ABUSE.shunSeconds),
          scanners: z
            .array(z.string().min(3).max(64))
            .max(100)
            .default([...ABUSE.scanners]),
        })
        .prefault({}),
      digest: z
        .strictObject({
          algorithms: z
            .array(z.enum(['SHA-512-256', 'SHA-256', 'MD5']))
            .min(1)
            .default(['SHA-512-256', 'SHA-256', 'MD5']),
          auth_int: z.boolean().default(false),
        })
        .prefault({}),
      engine: z
        .union([z.literal('embedded'), external], 'must be embedded, or {host, port, secret_file}')
        .default('embedded'),
    })
    .prefault({}),
  media: z
    .strictObject({
      mode: z.enum(['spawn', 'external', 'direct']).default('spawn'),
      binary: file.optional(),
      interface: z.string().min(1).max(128).default('127.0.0.1'),
      ports: z
        .string()
        .regex(/^\d{1,5}-\d{1,5}$/, 'must be a range like 30000-31000')
        .default('30000-31000'),
      host: host.optional(),
      port: port.optional(),
      when_down: z.enum(['direct', 'reject']).default('direct'),
    })
    .prefault({}),
  calls: z
    .strictObject({
      max: z.number().int().min(1).max(100_000).default(2000),
      max_seconds: z.number().int().min(1).max(604_800).default(14_400),
      check_seconds: z.number().int().min(1).max(86_400).default(120),
    })
    .prefault({}),
  trace: z
    .strictObject({
      bytes: z
        .number()
        .int()
        .max(4 * 1024 ** 3 - 1)
        .refine((n) => n === 0 || n >= 64 * 1024, 'must be 0 (nothing is remembered) or at least 65536')
        .default(16 * 1024 * 1024),
      messages: z.number().int().min(64).max(10_000_000).default(20_000),
    })
    .prefault({}),
  log: z
    .strictObject({ level: z.enum(['debug', 'info', 'warn', 'error']).default('info'), file: file.optional() })
    .prefault({}),
})

export type FileConfig = z.infer<typeof fileConfig>
