/** Loads the .proto files of this folder; everything that speaks gRPC here gets its types from proto/types. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { type GrpcObject, loadPackageDefinition } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import type { ProtoGrpcType } from './types/control.ts'

/** Both options and the generated types must agree: scripts/proto.ts passes the same. */
export const LOADER = { longs: Number, enums: String, defaults: true, oneofs: true, keepCase: false } as const

/** `file` is a name in this folder, like 'control.proto'. */
export function loadProto(file: string): GrpcObject {
  return loadPackageDefinition(loadSync(path.join(folder(), file), LOADER))
}

/** The types and the client of the control service. */
export function controlProto(): ProtoGrpcType['raftel']['v1'] {
  return (loadProto('control.proto') as unknown as ProtoGrpcType).raftel.v1
}

// Compiled code lives in dist/proto, the .proto files beside the sources.
function folder(): string {
  const here = import.meta.dirname
  return existsSync(path.join(here, 'control.proto')) ? here : path.join(here, '..', '..', 'proto')
}
