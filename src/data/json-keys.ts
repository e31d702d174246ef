/**
 * The first key that stands twice in one object of a JSON text, or `undefined`. `JSON.parse` keeps the last of them without a word.
 * The text must already have been parsed: this only finds its way around valid JSON.
 */
export function duplicateKey(json: string): string | undefined {
  // One set of keys per open object, `undefined` per open array.
  const open: (Set<string> | undefined)[] = [];
  let expectsKey = false;
  for (let at = 0; at < json.length; at++) {
    switch (json[at]) {
      case '{':
        open.push(new Set());
        expectsKey = true;
        break;
      case '[':
        open.push(undefined);
        expectsKey = false;
        break;
      case '}':
      case ']':
        open.pop();
        expectsKey = false;
        break;
      case ',':
        expectsKey = open.at(-1) !== undefined;
        break;
      case '"': {
        const start = at++;
        while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
        if (!expectsKey) break;
        // Parsed, so that "\u0061" and "a" count as the same key.
        const key = JSON.parse(json.slice(start, at + 1)) as string;
        const keys = open.at(-1)!;
        if (keys.has(key)) return key;
        keys.add(key);
        expectsKey = false;
      }
    }
  }
  return undefined;
}
