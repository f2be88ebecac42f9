/** What a mistyped word probably meant: at most two edits away and less than half of it; null when nothing is near. */
export function closest(word: string, known: readonly string[]): string | null {
  let best: { name: string; edits: number } | null = null
  for (const name of known) {
    const edits = distance(word.slice(0, 64).toLowerCase(), name.toLowerCase())
    if (edits <= 2 && edits * 2 < name.length && (best === null || edits < best.edits)) best = { name, edits }
  }
  return best?.name ?? null
}

/** Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment). */
function distance(a: string, b: string): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const swap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      const edits = [at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + cost]
      row.push(Math.min(...edits, swap ? at(before, j - 2) + 1 : Number.POSITIVE_INFINITY))
    }
    before = last
    last = row
  }
  return at(last, b.length)
}

function at(row: readonly number[], i: number): number {
  return row[i] ?? Number.POSITIVE_INFINITY
}
