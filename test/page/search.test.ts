// Which projects the gallery finds, and in which order.
import { expect, it } from 'vitest';
import type { CatalogueCard } from '../../runtime/browser/catalogue.ts';
import { everything } from '../../runtime/browser/page/router.ts';
import { findCards, type Known } from '../../runtime/browser/page/search.ts';

const card = (name: string, title: string, more: Partial<CatalogueCard> = {}): CatalogueCard => ({
  ...{ name, title, summary: '', document: 'uva', tags: [], headline: { metric: 'loss', better: 'lower' } as const, sets: [] },
  ...more,
});

const cards = [
  card('vae', 'Variational autoencoder', { summary: 'Learns to draw', tags: ['generation', 'digits'], sets: ['MNIST'] }),
  card('gpt', 'Language model', { summary: 'With an optimiser called Adam', document: 'applied', tags: ['text'] }),
  card('adam', 'Adam and others', { tags: ['optimisation', 'digits'], document: 'applied' }),
];
const known: Known = {
  words: { vae: 'trained with adam for uncertainty', gpt: 'perplexity' },
  seconds: (name) => ({ vae: 30, adam: 5 })[name],
  trained: (name) => ({ gpt: 100, vae: 50 })[name],
};
const find = (shown: Partial<typeof everything>, with_: Partial<Known> = {}) =>
  findCards(cards, { ...everything, ...shown }, { ...known, ...with_ }).map(({ name }) => name);

it('shows all in their own order when nothing is asked', () => {
  expect(find({})).toEqual(['vae', 'gpt', 'adam']);
  expect(find({ search: '  ' })).toEqual(['vae', 'gpt', 'adam']);
});

it('has what is named so first, then what is described so, then what a README speaks of', () => {
  expect(find({ search: 'ADAM' })).toEqual(['adam', 'gpt', 'vae']);
  expect(find({ search: 'adam' }, { words: undefined })).toEqual(['adam', 'gpt']);
  expect(find({ search: 'adam draw' })).toEqual(['vae']);
  expect(find({ search: '"adam", draw.' })).toEqual(['vae']);
  expect(find({ search: 'uncertain' })).toEqual(['vae']);
  expect(find({ search: 'certainty' })).toEqual([]);
  expect(find({ search: 'mnist' })).toEqual(['vae']);
  expect(find({ search: 'nothing of the kind' })).toEqual([]);
});

it('keeps to a document and to tags, all of them', () => {
  expect(find({ document: 'applied' })).toEqual(['gpt', 'adam']);
  expect(find({ data: 'digits' })).toEqual(['vae', 'adam']);
  expect(find({ data: 'digits', task: 'generation' })).toEqual(['vae']);
  expect(find({ document: 'nowhere' })).toEqual([]);
});

it('orders by title, time and last training; what isn’t known comes last; an unknown order is none', () => {
  expect(find({ sort: 'title' })).toEqual(['adam', 'gpt', 'vae']);
  expect(find({ sort: 'time' })).toEqual(['adam', 'vae', 'gpt']);
  expect(find({ sort: 'trained' })).toEqual(['gpt', 'vae', 'adam']);
  expect(find({ sort: 'colour' })).toEqual(['vae', 'gpt', 'adam']);
});
