// The screen on the nodes at the addresses given, as a program of its own: for a pseudo-terminal to run.
import { credentials } from '@grpc/grpc-js'
import { runTui } from '../../../cli/tui/run.tsx'
import { tuiClient } from '../../../cli/tui/source.ts'
import { loadProto } from '../../../proto/load.ts'
import type { ProtoGrpcType } from '../../../proto/types/control.ts'

const proto = loadProto('control.proto') as unknown as ProtoGrpcType
const addresses = process.argv[2]!.split(',')
const controls = addresses.map((address) => new proto.raftel.v1.Control(address, credentials.createInsecure()))
const code = await runTui({ client: tuiClient(controls), readOnly: process.argv.includes('--read-only') })
for (const control of controls) control.close()
process.exitCode = code
