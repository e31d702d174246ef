// Addresses of the page: what they mean, and that each view's address leads back to it.
import { expect, test } from 'vitest';
import { everything, formatRoute, parseRoute, type Route } from '../../runtime/browser/page/router.ts';

const routes: [string, Route][] = [
  ['#/', { view: 'gallery', ...everything }],
  ['#/?search=drop+out&document=small-scale', { view: 'gallery', ...everything, search: 'drop out', document: 'small-scale' }],
  ['#/?task=generation&sort=title', { view: 'gallery', ...everything, task: 'generation', sort: 'title' }],
  ['#/uva/vae', { view: 'project', document: 'uva', name: 'vae' }],
  ['#/uva/vae/vae-20261122-163200', { view: 'project', document: 'uva', name: 'vae', run: 'vae-20261122-163200' }],
  ['#/uva/vae?section=about', { view: 'project', document: 'uva', name: 'vae', section: 'about' }],
  ['#/uva/vae/run-1?section=results', { view: 'project', document: 'uva', name: 'vae', run: 'run-1', section: 'results' }],
  ['#/uva/vae/compare/a%2Fb/c', { view: 'compare', document: 'uva', name: 'vae', runs: ['a/b', 'c'] }],
  ['#/uva/vae/compare/a/b/c', { view: 'compare', document: 'uva', name: 'vae', runs: ['a', 'b', 'c'] }],
  ['#/uva/vae/compare', { view: 'compare', document: 'uva', name: 'vae', runs: [] }],
  ['#/playground', { view: 'playground' }],
  ['#/uva/vae?preset=full&seed=3', { view: 'project', document: 'uva', name: 'vae', form: 'preset=full&seed=3' }],
  ['#/uva/vae/run-1?epochs=2', { view: 'project', document: 'uva', name: 'vae', run: 'run-1', form: 'epochs=2' }],
  ['#/uva/vae?section=about&seed=3', { view: 'project', document: 'uva', name: 'vae', section: 'about', form: 'seed=3' }],
];

test.each(routes)('%s means its view, and the view has this address', (hash, route) => {
  expect(parseRoute(hash)).toEqual(route);
  expect(formatRoute(route)).toBe(hash);
});

test('what follows the playground is its own', () => {
  expect(parseRoute('#/playground/attention')).toEqual({ view: 'playground' });
  expect(parseRoute('#/playground?code=abc')).toEqual({ view: 'playground' });
});

test('a section that no page has is left out', () => {
  expect(parseRoute('#/uva/vae?section=elsewhere')).toEqual({ view: 'project', document: 'uva', name: 'vae' });
});

test('no hash at all is the gallery', () => {
  expect(parseRoute('')).toEqual({ view: 'gallery', ...everything });
});

test('an address that leads nowhere is kept, so that the page can name it', () => {
  for (const address of ['#/uva', '#/uva/vae/a/b']) expect(parseRoute(address)).toEqual({ view: 'unknown', address });
});

test('a broken percent sign does not throw', () => {
  expect(parseRoute('#/uva/100%')).toEqual({ view: 'project', document: 'uva', name: '100%' });
});
