/** What is drawn by weight is drawn from the call's id: every node draws the same, and so does who asks later why. */

/** 0 to below 1. FNV-1a over the code units, and the finalizer of MurmurHash3, so that ids that differ at their end differ everywhere. */
export function draw(id: string, nth: number): number {
  let hash = 0x811c9dc5 ^ nth
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}

/** All of them, each drawn by its weight among those that are left; what weighs nothing comes last. */
export function drawn<T extends { readonly weight: number }>(id: string, all: readonly T[]): T[] {
  const left = all.filter(({ weight }) => weight > 0)
  const order: T[] = []
  let sum = left.reduce((total, { weight }) => total + weight, 0)
  while (left.length > 0) {
    let point = draw(id, order.length) * sum
    let i = 0
    while (i < left.length - 1 && point >= left[i]!.weight) point -= left[i++]!.weight
    const [one] = left.splice(i, 1)
    sum -= one!.weight
    order.push(one!)
  }
  return [...order, ...all.filter(({ weight }) => weight <= 0)]
}
