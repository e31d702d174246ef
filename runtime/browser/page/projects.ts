// The catalogue of projects, what the server of this page offers besides, and the session of each project.
import { type Signal, signal } from '@preact/signals';
import type { Catalogue, CatalogueCard, CatalogueEntry, ProjectDetails } from '../catalogue.ts';
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

export const cards = (): readonly CatalogueCard[] => {
  const { value } = catalogue;
  return value && 'projects' in value ? value.projects : [];
};

export const findCard = (document: string, name: string): CatalogueCard | undefined =>
  cards().find((one) => one.document === document && one.name === name);

export const cardNamed = (name: string): CatalogueCard | undefined => cards().find((one) => one.name === name);

type Loaded = CatalogueEntry | { readonly problem: string };
const entries = new Map<string, Signal<Loaded | undefined>>();

/** All about a project, which is loaded when it is first asked for: undefined until it is there. */
export function entryOf(card: CatalogueCard): Loaded | undefined {
  let entry = entries.get(card.name);
  if (!entry) {
    entry = signal(undefined);
    entries.set(card.name, entry);
    void loadEntry(card, entry);
  }
  return entry.value;
}

async function loadEntry(card: CatalogueCard, entry: Signal<Loaded | undefined>): Promise<void> {
  try {
    const answer = await fetch(`projects/${card.name}.json`);
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    entry.value = { ...card, ...((await answer.json()) as ProjectDetails) };
  } catch (error) {
    entry.value = { problem: `What is known about this project could not be loaded: ${error instanceof Error ? error.message : error}.` };
  }
}

/** Undefined also while it is being loaded. */
export function projectNamed(name: string): CatalogueEntry | undefined {
  const card = cardNamed(name);
  const entry = card && entryOf(card);
  return entry && 'problem' in entry ? undefined : entry;
}

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
