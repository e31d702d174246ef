// What a run's files must hold, so that whatever reads them may trust it. Imports no library code: the page reads stored runs without it.

/** What is wrong with a value, beginning with its place; undefined when nothing is. */
export type Check = (value: unknown, place: string) => string | undefined;

function wrong(place: string, wanted: string, value: unknown): string {
  const shown = value === undefined ? 'nothing' : JSON.stringify(value);
  return `${place}: expected ${wanted}, got ${shown.length > 60 ? `${shown.slice(0, 60)}…` : shown}`;
}

const kind =
  (wanted: string, fits: (value: unknown) => boolean): Check =>
  (value, place) =>
    fits(value) ? undefined : wrong(place, wanted, value);

export const text = kind('a text', (value) => typeof value === 'string');
export const truth = kind('true or false', (value) => typeof value === 'boolean');
export const number = kind('a number', (value) => typeof value === 'number' && Number.isFinite(value));
export const amount = kind('a number that is not negative', (value) => typeof value === 'number' && value >= 0);
export const count = kind('a whole number', (value) => Number.isSafeInteger(value) && (value as number) >= 0);
export const seed = kind(
  'a whole number from 0 to 4294967295',
  (value) => Number.isSafeInteger(value) && (value as number) >>> 0 === value,
);
export const scalar = kind('a number, a text, or true or false', (value) => ['number', 'string', 'boolean'].includes(typeof value));
/** Of a file beside the others. */
export const plainName = kind('the name of a file', (value) => typeof value === 'string' && /^[^./\\][^/\\]*$/.test(value));

export const oneOf = (...choices: readonly string[]): Check =>
  kind(choices.map((choice) => `"${choice}"`).join(' or '), (value) => choices.includes(value as string));

export const optional =
  (check: Check): Check =>
  (value, place) =>
    value === undefined ? undefined : check(value, place);

export const list =
  (check: Check): Check =>
  (value, place) => {
    if (!Array.isArray(value)) return wrong(place, 'a list', value);
    return first(value.map((item, i) => check(item, `${place}[${i}]`)));
  };

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Any names, values of one kind. */
export const recordOf =
  (check: Check): Check =>
  (value, place) => {
    if (!isRecord(value)) return wrong(place, 'an object', value);
    return first(Object.entries(value).map(([name, item]) => check(item, `${place}.${name}`)));
  };

/** These names at least. */
export const object =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value, place) => {
    if (!isRecord(value)) return wrong(place, 'an object', value);
    return first(
      Object.entries(checks).map(([name, check]) => check(Object.hasOwn(value, name) ? value[name] : undefined, `${place}.${name}`)),
    );
  };

const first = (problems: readonly (string | undefined)[]) => problems.find((problem) => problem !== undefined);
