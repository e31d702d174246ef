// The catalogue of projects, what the server of this page offers besides, and the session of each project.
import { signal } from '@preact/signals';
import type { Catalogue, CatalogueEntry } from '../catalogue.ts';
import { servedData } from './served-data.ts';
import { Session } from './session.ts';

export const catalogue = signal<Catalogue | { readonly problem: string } | undefined>(undefined);

const documents: Readonly<Record<string, string>> = {
  'small-scale': 'Small-scale projects',
  applied: 'Applied deep learning',
  i2dl: 'Introduction to deep learning',
  uva: 'UvA deep learning',
};

export const documentTitle = (document: string) => documents[document] ?? document;

export async function loadCatalogue(): Promise<void> {
  try {
    const [projects, data] = await Promise.all([fetch('projects.json'), fetch('data.json')]);
    if (!projects.ok) throw new Error(`the server answered ${projects.status}`);
    if (data.ok) {
      const { url } = (await data.json()) as { url?: string };
      servedData.value = url && new URL(url, document.baseURI).href;
    }
    catalogue.value = (await projects.json()) as Catalogue;
  } catch (error) {
    catalogue.value = { problem: `The list of projects could not be loaded: ${error instanceof Error ? error.message : error}.` };
  }
}

export function findProject(document: string, name: string): CatalogueEntry | undefined {
  const { value } = catalogue;
  return value && 'projects' in value ? value.projects.find((one) => one.document === document && one.name === name) : undefined;
}

export const projectNamed = (name: string): CatalogueEntry | undefined => {
  const { value } = catalogue;
  return value && 'projects' in value ? value.projects.find((one) => one.name === name) : undefined;
};

const sessions = signal<ReadonlyMap<string, Session>>(new Map());

export function sessionOf(project: CatalogueEntry): Session {
  const before = sessions.peek().get(project.name);
  if (before) return before;
  const session = new Session(project);
  if (servedData.value) session.data.value = { kind: 'url', url: servedData.value };
  sessions.value = new Map([...sessions.peek(), [project.name, session]]);
  return session;
}

export const activeSessions = (): readonly Session[] => [...sessions.value.values()].filter(({ active }) => active);
