// Rows of metrics.jsonl. Imports no library code: the page reads stored runs without it.

/** `time` in seconds since 1970. */
export interface MetricsRow {
  readonly step: number;
  readonly time: number;
  readonly values: Readonly<Record<string, number>>;
}

/** JSON for a run's files. It has no NaN and no infinity, and null would hide which it was: they become text. */
export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(
    value,
    (_key, part) => (typeof part === 'number' && !Number.isFinite(part) ? String(part) : (part as unknown)),
    indent,
  );
}

export function encodeRow({ step, time, values }: MetricsRow): string {
  return `${toJson({ step, time, ...values })}\n`;
}

export function decodeRows(text: string): MetricsRow[] {
  return text.split('\n').flatMap((line) => {
    try {
      const { step, time, ...values } = JSON.parse(line) as Record<string, number | string>;
      return [
        {
          step: Number(step),
          time: Number(time),
          values: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Number(value)])),
        },
      ];
    } catch {
      // The last row of a killed run may be torn, and the text after the last line break is empty.
      return [];
    }
  });
}
