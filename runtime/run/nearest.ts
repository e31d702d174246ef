// "Did you mean …" for names that a person typed; commander does the same for commands and options.

/** Levenshtein's distance: insertions, deletions and replacements that turn `a` into `b`. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** The name that was most likely meant: at most 40 % of it may be wrong, or it contains what was typed. */
export function nearest(typed: string, names: readonly string[]): string | undefined {
  const word = typed.toLowerCase();
  const ranked = names.map((name) => ({ name, distance: editDistance(word, name.toLowerCase()) })).sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  if (best && best.distance <= 0.4 * Math.max(best.name.length, word.length)) return best.name;
  return word.length >= 3 ? names.find((name) => name.toLowerCase().includes(word)) : undefined;
}
