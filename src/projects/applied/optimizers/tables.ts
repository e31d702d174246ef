import type { Table } from '../../../index.ts';
import { LOSS_WINDOW, type NetworkResult, runningMean } from './figures.ts';
import type { Track } from './race.ts';
import type { Surface } from './surfaces.ts';

/** A height that counts as having reached the minimum: in the figures such points lie on its star. */
export const REACHED = 1e-3;

/** The first step after which all heights are below `height`; undefined if there is none. */
export function stepsTo(height: number, heights: readonly number[]): number | undefined {
  const last = heights.findLastIndex((value) => !(value < height));
  return last + 1 < heights.length ? last + 1 : undefined;
}

export function surfaceTable({ title }: Surface, tracks: readonly Track[]): Table {
  return {
    title: `${title}: f after ${tracks[0].heights.length - 1} steps`,
    columns: ['optimiser', 'learning rate', 'f', `steps to f < ${REACHED}`, 'ends at'],
    rows: tracks.map(({ rule, lr, heights, points }) => {
      const [height, point] = [heights.at(-1) as number, points.at(-1) ?? []];
      const gone = !Number.isFinite(height);
      return [
        rule.title,
        lr,
        gone ? 'diverged' : height.toExponential(1),
        stepsTo(REACHED, heights) ?? '–',
        gone ? '–' : point.map((value) => value.toFixed(2).replace(/^-(?=0\.00$)/, '')).join(', '),
      ];
    }),
  };
}

export function networkTable(results: readonly NetworkResult[]): Table {
  return {
    title: `The network after ${results[0].losses.length} steps`,
    columns: ['optimiser', 'learning rate', 'training loss', 'test accuracy'],
    rows: results.map(({ rule, lr, losses, accuracy }) => [
      rule.title,
      lr,
      (runningMean(losses, LOSS_WINDOW).at(-1) as number).toFixed(3),
      `${(100 * (accuracy ?? 0)).toFixed(1)} %`,
    ]),
  };
}
