// Addresses: what stands behind the # says which view is shown. Pure, but for the two functions at the end.
import { signal } from '@preact/signals';

/** What the gallery shows, and in which order; '' means all, and the order of the curriculum. */
export interface Shown {
  readonly search: string;
  readonly document: string;
  readonly task: string;
  readonly data: string;
  readonly method: string;
  readonly sort: string;
}

export const everything: Shown = { search: '', document: '', task: '', data: '', method: '', sort: '' };
const shownNames = Object.keys(everything) as (keyof Shown)[];

/** Of a project's page: `?section=results` leads to it. */
export const sections = ['setup', 'run', 'play', 'results', 'stored', 'about', 'model', 'code'] as const;
export type Section = (typeof sections)[number];

export type Route =
  | ({ readonly view: 'gallery' } & Shown)
  | {
      readonly view: 'project';
      readonly document: string;
      readonly name: string;
      readonly run?: string;
      readonly section?: Section;
      /** What differs from an untouched form, see `formQuery`. */
      readonly form?: string;
    }
  | { readonly view: 'compare'; readonly document: string; readonly name: string; readonly runs: readonly string[] }
  /** What follows its name is its own. */
  | { readonly view: 'playground' }
  | { readonly view: 'unknown'; readonly address: string };

export function parseRoute(hash: string): Route {
  const [path, query] = hash.replace(/^#/, '').split('?', 2);
  const parts = path.split('/').filter(Boolean).map(decode);
  const [first, second, third, ...rest] = parts;
  if (first === undefined) {
    const given = new URLSearchParams(query);
    return { view: 'gallery', ...everything, ...Object.fromEntries(shownNames.map((name) => [name, given.get(name) ?? ''])) };
  }
  if (first === 'playground') return { view: 'playground' };
  if (second === undefined) return { view: 'unknown', address: hash };
  if (third === 'compare') return { view: 'compare', document: first, name: second, runs: rest };
  if (rest.length > 0) return { view: 'unknown', address: hash };
  const given = new URLSearchParams(query);
  const section = sections.find((one) => one === given.get('section'));
  given.delete('section');
  return {
    ...{ view: 'project', document: first, name: second },
    ...(third !== undefined && { run: third }),
    ...(section && { section }),
    ...(given.size > 0 && { form: given.toString() }),
  };
}

export function formatRoute(route: Route): string {
  const path = (...parts: readonly string[]) => `#/${parts.map(encodeURIComponent).join('/')}`;
  switch (route.view) {
    case 'gallery': {
      const query = new URLSearchParams(shownNames.map((name) => [name, route[name]]).filter(([, value]) => value !== ''));
      return query.size > 0 ? `#/?${query}` : '#/';
    }
    case 'project':
      return [
        path(route.document, route.name, ...(route.run === undefined ? [] : [route.run])),
        [...(route.section ? [`section=${route.section}`] : []), ...(route.form ? [route.form] : [])].join('&'),
      ]
        .filter(Boolean)
        .join('?');
    case 'compare':
      return path(route.document, route.name, 'compare', ...route.runs);
    case 'playground':
      return '#/playground';
    case 'unknown':
      return route.address;
  }
}

/** A part that is no proper encoding stands for itself. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export const route = signal<Route>({ view: 'gallery', ...everything });

export function listenToAddress(): void {
  const read = () => {
    route.value = parseRoute(location.hash);
  };
  read();
  addEventListener('hashchange', read);
}

/** Changes the address without a step in the history: the view is the same one, in another state. */
export function replaceRoute(next: Route): void {
  history.replaceState(history.state, '', formatRoute(next));
  route.value = next;
}
