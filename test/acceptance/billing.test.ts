import test from 'ava'
import { withLab } from './lab.ts'

test('limits, credit and prices are set, shown and removed on the command line, and what is wrong is told with its remedy', async (t) => {
  await withLab(t, { nodes: 1 }, async (lab) => {
    await lab.founded()
    const failed = async (code: number, said: RegExp, args: readonly string[], input?: string) => {
      const ran = await lab.raftel(args, input)
      t.is(ran.code, code, ran.stdout + ran.stderr)
      t.regex(ran.stderr, said)
    }

    t.like(await lab.json(['limit', 'set', 'tenant:PBX.test', '--calls', '50', '--per-second', '10']), {
      key: 'tenant:pbx.test',
      calls: 50,
      used: 0,
      perSecond: 10,
      minutes: null,
    })
    const guard = ['--guard', 'block', '--night', '22-6', '--spend-per-hour', '12.5']
    await lab.json([
      'limit',
      'set',
      'user:a@pbx.test',
      '--minutes',
      '30',
      '--per',
      'day',
      '--zone',
      'Asia/Kolkata',
      ...guard,
    ])
    await lab.json(['limit', 'set', 'class:premium', '--prefix', '+49900,49137', '--calls', '0', '--strict'])
    t.like(await lab.json(['limit', 'ls', '--sort', '-key']), [
      { key: 'user:a@pbx.test', minutes: 30, minutesUsed: 0, period: 'day', guard: 'block: night 22-6, 12.50 an hour' },
      { key: 'tenant:pbx.test', strict: false },
      { key: 'class:premium', prefixes: '49137,49900', calls: 0, strict: true },
    ])
    t.like(await lab.json(['limit', 'rm', 'class:premium']), { key: 'class:premium' })
    await failed(3, /raftel limit ls/, ['limit', 'show', 'class:premium'])
    await failed(2, /time zone/, ['limit', 'set', 'user:a@pbx.test', '--calls', '1', '--zone', 'Berlin'])
    await failed(2, /say how many/, ['limit', 'set', 'user:a@pbx.test', '--minutes', '1', '--strict'])
    await failed(2, /user:…, group:…/, ['limit', 'set', 'nobody', '--calls', '1'])

    const add = (amount: string, id: string, ...more: string[]) => {
      return ['credit', 'add', 'tenant:pbx.test', amount, '--reason', 'paid', '--id', id, ...more]
    }
    t.like(await lab.json(add('25.10', 'one')), { granted: '25.10', balance: '25.10', reserved: '0.00' })
    t.like(await lab.json(add('25.10', 'one')), { granted: '25.10' }, 'the same id is granted once')
    await failed(5, /another id/, add('26', 'one'))
    await failed(1, /the balance is 25.1/, add('25.11', 'two', '--take-back'))
    t.like(await lab.json(add('5.1', 'two', '--take-back')), { granted: '20.00', balance: '20.00' })
    t.like(await lab.json(['credit', 'history', 'tenant:pbx.test']), [{ amount: '25.10' }, { amount: '-5.10' }])
    t.like(await lab.json(['credit', 'ls']), [{ account: 'tenant:pbx.test', currency: 'EUR', spent: '0.00' }])

    const csv = 'prefix,price,connect,first,increment,name\n49,0.012,,,1,Germany\n4917,0.09,0.05,30,30,mobile\n'
    const load = (...more: string[]) => ['rate', 'import', 'retail', '-', '--for', 'tenant:pbx.test', ...more]
    t.like(await lab.json(load('--dry-run'), csv), { version: null, rates: 2, dryRun: true })
    t.deepEqual(await lab.json(['rate', 'ls']), [])
    const unread = await lab.raftel(['rate', 'import', 'retail', '/nowhere/rates.csv', '--for', 'tenant:pbx.test'])
    t.is(unread.code, 1)
    t.regex(unread.stderr, /^raftel: \/nowhere\/rates\.csv cannot be read: ENOENT[^\n]*\n$/)
    t.like(await lab.json(load(), csv), { version: 1, rates: 2 })
    t.like(await lab.json(['rate', 'price', '+4917012345', '--for', 'user:a@pbx.test', '--seconds', '95']), {
      deck: 'retail',
      prefix: '4917',
      cost: '0.23',
    })
    await failed(3, /no price/, ['rate', 'price', '+4312345', '--deck', 'retail'])
    const bad = `prefix,price\n${Array.from({ length: 10_000 }, (_, i) => `x${i},1`).join('\n')}\n49,0.0000001\n`
    await failed(
      1,
      /^-:2: "x0" is no prefix.*\n[\s\S]*and 9901 more\n10001 lines are wrong; nothing was changed/,
      load(),
      bad,
    )
    const large = `prefix,price\n${Array.from({ length: 50_000 }, (_, i) => `${100_000 + i},0.5`).join('\n')}\n`
    t.like(await lab.json(load('--timeout', '60'), large), { version: 2, rates: 50_000 })
    t.is((await lab.json<unknown[]>(['rate', 'show', 'retail', '--filter', '1499'])).length, 115)
    t.like(await lab.json(['rate', 'rm', 'retail']), { name: 'retail', version: 2 })
    await failed(3, /raftel rate ls/, ['rate', 'show', 'retail'])
  })
})
