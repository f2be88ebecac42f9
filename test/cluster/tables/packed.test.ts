import { hash } from 'node:crypto'
import test from 'ava'
import { Expiries } from '../../../cluster/tables/expiries.ts'
import { PackedRows } from '../../../cluster/tables/packed.ts'
import { registrationCodec, userCodec } from '../../../cluster/tables/row-codecs.ts'
import type { BindingRow, RegistrationRow, UserRow } from '../../../cluster/tables/rows.ts'

/** Texts that a phone, or a node of another version, may come up with. */
const HOSTILE = [
  '',
  '\0',
  'sip:alice@192.0.2.1:5060;transport=udp',
  'v1.0123456789ab.AAECAwQFBgcICQ==',
  'v1.0123456789ab.AAECAwQFBgcICR==',
  'v1..',
  '....',
  'ÿþ latin',
  'Ā wide',
  '日本語 😀',
  '\ud800 half a pair',
  'other half \udc00',
  '\ud800\u0000\udfff',
  '"\\\n\u2028',
  'w'.repeat(300),
  'Ω'.repeat(300),
]
const NUMBERS = [0, 1, 0.5, -1, -0, 2 ** 31, 2 ** 48 - 1, 2 ** 48, Number.MAX_SAFE_INTEGER, 1e300, Number.MIN_VALUE]

const digestOf = (row: object): string => hash('sha256', JSON.stringify(row), 'binary')

function randomBinding(random: () => number, aor: string): BindingRow {
  const text = () => HOSTILE[Math.floor(random() * HOSTILE.length)]!
  const number = () =>
    random() < 0.7 ? Math.floor(random() * 2 ** 41) : NUMBERS[Math.floor(random() * NUMBERS.length)]!
  const received = text()
  const tail = [';transport=tcp', '', ';transport=', ';transport=udp;ob', text()][Math.floor(random() * 5)]!
  const contacts = [text(), `sip:${aor.split('@')[0]}@${received}${tail}`, `sip:${aor}@${text()}`, `sip:${aor}`]
  return {
    aor: random() < 0.95 ? aor : text(),
    contact: contacts[Math.floor(random() * contacts.length)]!,
    transport: text() as 'udp',
    node: random() < 0.5 ? `n${Math.floor(random() * 9000)}` : text(),
    received,
    q: random() < 0.5 ? 1 : number(),
    expiresAt: number(),
    registeredAt: number(),
    callId: text(),
    cseq: number(),
    userAgent: text(),
  }
}

function randomRow(random: () => number, aor: string): RegistrationRow {
  const bindings = Array.from({ length: Math.floor(random() * 4) }, () => {
    return { ...randomBinding(random, aor), ...randomMore(random) }
  })
  return { aor, bindings }
}

/** What a phone of other extensions has besides, or a node of a later version writes. */
function randomMore(random: () => number): Partial<BindingRow> {
  const text = () => HOSTILE[Math.floor(random() * HOSTILE.length)]!
  const number = () => NUMBERS[Math.floor(random() * NUMBERS.length)]!
  return {
    ...(random() < 0.3 && { path: Array.from({ length: Math.floor(random() * 3) }, text) }),
    ...(random() < 0.3 && { instance: text() }),
    ...(random() < 0.3 && { regId: number(), usedAt: number() }),
    ...(random() < 0.05 && { usedAt: number() }),
    ...(random() < 0.05 && { path: 'text' as unknown as string[] }),
    ...(random() < 0.05 && { later: text() }),
  }
}

test('rows come back as they were, field by field, whatever their texts and numbers are', (t) => {
  const random = generator(1)
  const rows = new PackedRows<RegistrationRow>(registrationCodec)
  for (let i = 0; i < 3000; i++) {
    const aor = `${HOSTILE[i % HOSTILE.length]}${i}${i % 2 === 0 ? '@pbx.test' : ''}`
    const row = randomRow(random, aor)
    rows.put(aor, row, digestOf(row))
    // The order of the fields is part of the state hash.
    if (JSON.stringify(rows.get(aor)) !== JSON.stringify(row)) t.fail(`row ${i} came back as another`)
  }
  t.is(rows.size, 3000)
})

test('what a contact shares with its AoR and its source is kept once', (t) => {
  const received = '198.51.100.17:40123'
  const bytesOf = (contact: string): number => {
    const aor = 'a-long-name-of-a-subscriber@pbx.test'
    const random = generator(1)
    const rows = new PackedRows<RegistrationRow>(registrationCodec)
    const bindings = Array.from({ length: 100 }, () => ({
      ...randomBinding(random, aor),
      aor,
      q: 1,
      received,
      contact,
    }))
    const usual = bindings.map((one) => ({ ...one, expiresAt: 1, registeredAt: 1, cseq: 1, callId: 'c' }))
    rows.put(aor, { aor, bindings: usual }, digestOf({}))
    t.is(rows.get(aor)!.bindings[99]!.contact, contact)
    return rows.bytes.bytes / 100
  }
  const foreign = bytesOf('sip:b-long-name-of-a-subscriber@198.51.100.18:40123;transport=udp')
  t.true(bytesOf('sip:a-long-name-of-a-subscriber@192.168.100.1:40123;transport=udp') < foreign - 28)
  t.true(bytesOf(`sip:a-long-name-of-a-subscriber@${received};transport=udp`) < foreign - 60)
})

test('rows of another shape than this version writes are kept as they are', (t) => {
  const usual: UserRow = { aor: 'a', user: 'a', domain: 'd', credentials: 'v1.x.AAAA', createdAt: 1 }
  const { aor, ...rest } = usual
  const odd: unknown[] = [
    { ...usual, more: 'from a later version' },
    { ...rest, aor },
    { aor: 'a' },
    { ...usual, createdAt: 'yesterday' },
    { ...usual, aor: 'b' },
    { ...usual, domain: null },
  ]
  const rows = new PackedRows<UserRow>(userCodec)
  for (const row of [usual, ...odd] as UserRow[]) {
    rows.put('a', row, digestOf(row))
    t.is(JSON.stringify(rows.get('a')), JSON.stringify(row))
    t.is(rows.digest('a'), digestOf(row))
  }
})

test('random changes: a packed table is read like a map of the same rows, also after its pages were emptied', (t) => {
  for (let seed = 1; seed <= 4; seed++) {
    const random = generator(seed)
    const plain = new Map<string, RegistrationRow>()
    const rows = new PackedRows<RegistrationRow>(registrationCodec)
    for (let i = 0; i < 12_000; i++) {
      const key = `${HOSTILE[Math.floor(random() * HOSTILE.length)]!.slice(0, 20)}${Math.floor(random() * 40)}`
      const before = plain.get(key)
      const expected = before && digestOf(before)
      if (random() < 0.3) {
        plain.delete(key)
        if (rows.remove(key) !== expected) t.fail(`seed ${seed}: ${key} went with another digest`)
      } else {
        const row = { aor: key, bindings: [randomBinding(random, key)] }
        plain.set(key, row)
        if (rows.put(key, row, digestOf(row)) !== expected) t.fail(`seed ${seed}: ${key} had another digest`)
      }
      if (rows.size !== plain.size) t.fail(`seed ${seed}: ${rows.size} rows, not ${plain.size}`)
      if (i % 1000 === 0) same(rows, plain)
    }
    same(rows, plain)
    t.true(rows.bytes.garbage <= rows.bytes.bytes / 8 + 2 * 262_144, `${JSON.stringify(rows.bytes)}`)
  }

  function same(rows: PackedRows<RegistrationRow>, plain: Map<string, RegistrationRow>): void {
    if (text(rows) !== text(plain)) t.fail('the rows differ')
    t.deepEqual([...rows.keys()].sort(), [...plain.keys()].sort())
    for (const key of plain.keys()) if (!rows.has(key)) t.fail(`${key} is not found`)
    for (const key of HOSTILE) if (rows.has(key) !== plain.has(key)) t.fail(`${key} is found`)
  }
})

test('rows that were frozen are read as they were, however they are replaced meanwhile, and then let go', (t) => {
  const random = generator(7)
  const rows = new PackedRows<RegistrationRow>(registrationCodec)
  const write = (i: number) => {
    const row = { aor: `a${i}`, bindings: [randomBinding(random, `a${i}`)] }
    rows.put(row.aor, row, digestOf(row))
  }
  for (let i = 0; i < 2000; i++) write(i)
  const then = text(rows)
  const { bytes } = rows.bytes
  const frozen = rows.freeze()
  const seen: [string, RegistrationRow][] = []
  for (const [key, row] of frozen.entries()) {
    seen.push([key, row])
    for (let i = 0; i < 20; i++) write(Math.floor(random() * 3000))
    if (seen.length % 3 === 0) rows.remove(`a${Math.floor(random() * 3000)}`)
  }
  t.true(text(seen) === then)
  const held = rows.bytes
  frozen.release()
  frozen.release()
  for (let i = 0; i < 2000; i++) write(Math.floor(random() * 3000))
  t.true(held.garbage > bytes / 2, 'what was replaced stayed')
  t.true(rows.bytes.garbage < bytes / 4, 'and went when it was released')
})

test('rows that stay frozen for ever cost what they are, not what is written later', (t) => {
  const random = generator(9)
  const rows = new PackedRows<RegistrationRow>(registrationCodec)
  const write = () => {
    const aor = `a${Math.floor(random() * 3000)}`
    rows.put(aor, { aor, bindings: [randomBinding(random, aor)] }, digestOf({}))
  }
  for (let i = 0; i < 6000; i++) write()
  const { bytes } = rows.bytes
  const frozen = rows.freeze()
  const then = text(frozen.entries())
  for (let i = 0; i < 60_000; i++) write()
  t.true(rows.bytes.bytes < 3 * bytes, `${rows.bytes.bytes} bytes, ${bytes} before`)
  t.true(text(frozen.entries()) === then)
})

test('what is due is taken in order of time, then of the AoR, as a sorted list would have it', (t) => {
  const random = generator(3)
  const rows = new PackedRows<RegistrationRow>(registrationCodec)
  const expiries = new Expiries(rows)
  const plain = new Map<string, number>()
  const first = () => [...plain].sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1))[0]
  for (let i = 0; i < 5000; i++) {
    const aor = `${['a', 'Ω', '\ud800', ''][i % 4]}${Math.floor(random() * 50)}`
    const at = Math.floor(random() * 40)
    if (random() < 0.5) {
      rows.put(aor, { aor, bindings: [] }, digestOf({}))
      expiries.schedule(aor, at)
      plain.set(aor, Math.min(at, plain.get(aor) ?? at))
    } else if (random() < 0.4) {
      if (rows.has(aor)) expiries.forget(aor)
      rows.remove(aor)
      plain.delete(aor)
    } else {
      const due = first()
      t.is(expiries.next(), due?.[1] ?? null)
      t.is(expiries.take(at), due && due[1] <= at ? due[0] : null)
      if (due && due[1] <= at) plain.delete(due[0])
    }
  }
})

/** In one order; a failed assertion would show all of a Map. */
function text(rows: Iterable<[string, RegistrationRow]>): string {
  return JSON.stringify([...rows].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Uniform in [0, 1), the same sequence for the same seed. */
function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32
  }
}
