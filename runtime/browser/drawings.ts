// Earlier states of a run's figures, kept beside the newest ones: a line of drawings.jsonl each.
import type { AppendFile } from '../run/store.ts';

export const drawingsFile = 'drawings.jsonl';

/** One state of a figure. */
export interface Drawing {
  readonly name: string;
  /** The last step whose metrics were known when it was drawn. */
  readonly step: number;
  readonly svg: string;
}

/** Characters that one page adds to a run: pictures are large, and the newest state of each figure has a file of its own anyway. */
const MOST = 8_000_000;

export class DrawingsWriter {
  private written = 0;

  constructor(private readonly file: AppendFile) {}

  add(drawing: Drawing): void {
    const line = `${JSON.stringify(drawing)}\n`;
    if (this.written + line.length > MOST) return;
    try {
      this.file.append(line);
      this.written += line.length;
    } catch {
      // A full disk: the run itself says so when it saves.
      this.written = MOST;
    }
  }

  close(): void {
    this.file.close();
  }
}

/** In the order in which they were drawn. A run that went on from an earlier checkpoint drew some anew: those replace the old ones. */
export function decodeDrawings(text: string): Readonly<Record<string, readonly Drawing[]>> {
  const found = new Map<string, Drawing[]>();
  for (const line of text.split('\n')) {
    const drawing = readLine(line);
    if (!drawing) continue;
    const before = found.get(drawing.name)?.filter(({ step }) => step < drawing.step) ?? [];
    found.set(drawing.name, [...before, drawing]);
  }
  return Object.fromEntries(found);
}

/** Undefined for a line that was cut off, or damaged. */
function readLine(line: string): Drawing | undefined {
  try {
    const { name, step, svg } = JSON.parse(line) as Partial<Drawing>;
    return typeof name === 'string' && Number.isSafeInteger(step) && typeof svg === 'string'
      ? { name, step: step as number, svg }
      : undefined;
  } catch {
    return undefined;
  }
}
