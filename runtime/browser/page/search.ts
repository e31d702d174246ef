// Which projects the gallery shows, and in which order. Pure.
import type { CatalogueCard, ReadmeWords } from '../catalogue.ts';
import type { Shown } from './router.ts';

/** What else the order may go by. */
export interface Known {
  /** Words of the READMEs, once they are loaded. */
  readonly words: ReadmeWords | undefined;
  /** Seconds that a quick run takes here, where that is known. */
  seconds(name: string): number | undefined;
  /** When a run of it was begun last, in milliseconds. */
  trained(name: string): number | undefined;
}

export const orders = {
  '': 'Curriculum',
  title: 'Title',
  time: 'Shortest first',
  trained: 'Last trained first',
} as const;

/**
 * Those that fit, in order. A search finds what has each of its words somewhere: as a part of what the card says, or at the beginning of a word of the
 * README. What has them in its title comes first, what has one of them in its README alone last.
 */
export function findCards(cards: readonly CatalogueCard[], shown: Shown, known: Known): readonly CatalogueCard[] {
  const words = shown.search
    .toLowerCase()
    .split(/[\s,;.!?"'()]+/)
    .filter(Boolean);
  const found = cards.flatMap((card, place) => {
    const { document, tags } = card;
    if (shown.document && document !== shown.document) return [];
    if (![shown.task, shown.data, shown.method].every((tag) => !tag || (tags as readonly string[]).includes(tag))) return [];
    const depths = words.map((word) => depthOf(word, card, known.words));
    return depths.includes(Number.POSITIVE_INFINITY) ? [] : [{ card, place, depth: Math.max(0, ...depths) }];
  });
  const later = Number.POSITIVE_INFINITY;
  const compare: Readonly<Record<string, (a: CatalogueCard, b: CatalogueCard) => number>> = {
    title: (a, b) => a.title.localeCompare(b.title, 'en'),
    time: (a, b) => difference(known.seconds(a.name) ?? later, known.seconds(b.name) ?? later),
    trained: (a, b) => difference(-(known.trained(a.name) ?? 0), -(known.trained(b.name) ?? 0)),
  };
  const inOrder = compare[shown.sort];
  return found
    .sort((a, b) => (inOrder ? inOrder(a.card, b.card) || a.place - b.place : a.depth - b.depth || a.place - b.place))
    .map(({ card }) => card);
}

const difference = (a: number, b: number) => (a === b ? 0 : a - b);

/** How far from its title a card has a word: 0, 1, 2, or ∞ where it doesn't. */
function depthOf(word: string, { name, title, summary, tags, sets, document }: CatalogueCard, readmes: ReadmeWords | undefined): number {
  const places = [`${name} ${title}`, [summary, document, ...tags, ...sets].join(' ')];
  const depth = places.findIndex((text) => text.toLowerCase().includes(word));
  if (depth >= 0) return depth;
  return ` ${readmes?.[name] ?? ''}`.includes(` ${word}`) ? places.length : Number.POSITIVE_INFINITY;
}
