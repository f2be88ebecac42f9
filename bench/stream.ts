/** The ruler for what nodes say to each other: a bidirectional gRPC stream to a process that sends everything back. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { credentials, makeClientConstructor, Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js'

const asIs = (bytes: Buffer): Buffer => bytes
const SERVICE = {
  Echo: {
    path: '/Ruler/Echo',
    requestStream: true,
    responseStream: true,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  },
} as const

/** Messages of `bytes` sent and returned a second, `inFlight` at a time. */
export async function measureStream(bytes: number, inFlight: number, seconds: number): Promise<number> {
  const server = fork(import.meta.filename, ['echo'], { execArgv: [] })
  const [port] = (await once(server, 'message')) as [number]
  const Client = makeClientConstructor(SERVICE, 'Ruler')
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure())
  const stream = client.Echo!() as unknown as ServerDuplexStream<Buffer, Buffer>
  const message = Buffer.alloc(bytes, 0x61)
  let returned = 0
  stream.on('data', () => {
    returned++
    stream.write(message)
  })
  stream.on('error', () => {})
  const began = performance.now()
  for (let i = 0; i < inFlight; i++) stream.write(message)
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
  const rate = returned / ((performance.now() - began) / 1000)
  stream.destroy()
  client.close()
  server.kill()
  return rate
}

if (process.argv[2] === 'echo' && process.send !== undefined) {
  const server = new Server()
  server.addService(SERVICE, {
    Echo: (stream: ServerDuplexStream<Buffer, Buffer>) => {
      stream.on('data', (bytes: Buffer) => stream.write(bytes))
      stream.on('end', () => stream.end())
    },
  })
  server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (_, port) => process.send?.(port))
}
