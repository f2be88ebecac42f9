// The screen on the node at the address given, as a program of its own: for a pseudo-terminal to run.
import { credentials } from '@grpc/grpc-js'
import { runTui } from '../../../cli/tui/run.tsx'
import { tuiClient } from '../../../cli/tui/source.ts'
import { controlProto } from '../../../proto/load.ts'

const { Control } = controlProto()
const control = new Control(process.argv[2]!, credentials.createInsecure())
const code = await runTui({ client: tuiClient(control) })
control.close()
process.exitCode = code
