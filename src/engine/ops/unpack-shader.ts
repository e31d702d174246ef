// A `.wgsl` file as the bundle holds it (build/wgsl.mjs packs it): the text without indentation, and the numbers of the bindings that each
// entry point uses, which takes a WGSL parser to find out. The rest is read off the text, so that the bundle says nothing twice.
import type { Shader } from './kernel.ts';

export function unpackShader(
  name: string,
  text: string,
  uses: Readonly<Record<string, readonly number[]>>,
  library: readonly Shader[] = [],
): Shader {
  const all = [...library.map(({ source }) => source), text].join('\n');
  const bindings = Array.from(all.matchAll(/@binding\((\d+)\) var<storage, (read|read_write)> (\w+)/g), ([, binding, access, name]) => ({
    name,
    binding: Number(binding),
    access: access as 'read' | 'read_write',
  }));
  const fields = /struct Params \{(.*?)\}/s.exec(all)?.[1] ?? '';
  return {
    name,
    source: indented(text),
    library,
    params: Array.from(fields.matchAll(/(\w+): ([uif]32)/g), ([, name, type]) => ({ name, type: type as 'u32' | 'i32' | 'f32' })),
    entries: Object.fromEntries(
      Object.entries(uses).map(([entry, numbers]) => [entry, { bindings: bindings.filter(({ binding }) => numbers.includes(binding)) }]),
    ),
  };
}

/** Two spaces for each bracket that is open: as the file stands, so that errors of the driver name its lines and columns. */
function indented(text: string): string {
  let depth = 0;
  const count = (line: string, brackets: RegExp) => line.match(brackets)?.length ?? 0;
  return text
    .split('\n')
    .map((line) => {
      const shown = line && '  '.repeat(depth - count(line, /^[)\]}]/)) + line;
      depth += count(line, /[([{]/g) - count(line, /[)\]}]/g);
      return shown;
    })
    .join('\n');
}
