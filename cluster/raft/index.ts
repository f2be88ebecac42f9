/** What the package exports: the replica, a log in memory to begin with, changes of membership as bytes, and the words. */

export { decodeConfChange, encodeConfChange } from './confcodec.ts'
export { confOf, MemoryStorage } from './memory.ts'
export { message } from './message.ts'
export { RawNode, type Stepped } from './rawnode.ts'
export * from './types.ts'
