import { lowerGather, lowerSearch, lowerWinner } from '../../../src/engine/ops/lower/gather.ts';
import { lowerSampledProduct, lowerSegmentExtremum, lowerSegmentSum, lowerSparseProduct } from '../../../src/engine/ops/lower/segment.ts';
import { lowerSort } from '../../../src/engine/ops/lower/sort.ts';
import type { Case } from '../case.ts';
import { indices, values } from './random.ts';

export function* gatherCases(): Generator<Case> {
  for (const [outer, rows, width, count] of [
    [1, 1, 1, 1],
    [1, 10, 7, 100],
    [3, 300, 33, 40],
    [1, 5, 4, 0],
  ] as const) {
    const x = values(outer * rows * width, 1);
    const chosen = indices(count, rows, 2);
    if (count === 40) chosen[3] = 1000;
    yield {
      name: `gather [${outer}, ${rows}, ${width}] ${count}`,
      launches: (traits) => lowerGather({ outer, rows, width, count }, traits),
      inputs: () => [x, chosen],
      expected: () =>
        Float64Array.from({ length: outer * count * width }, (_, i) => {
          const row = chosen[Math.floor(i / width) % count]!;
          return row < rows ? x[(Math.floor(i / (count * width)) * rows + row) * width + (i % width)]! : 0;
        }),
    };
    yield {
      name: `winner ${rows} of ${count}`,
      words: true,
      launches: (traits) => lowerWinner(rows, count, traits),
      inputs: () => [chosen],
      expected: () => Float64Array.from(Array.from({ length: rows }, (_, row) => chosen.lastIndexOf(row) + 1)),
    };
  }
}

export function* searchCases(): Generator<Case> {
  for (const [rows, columns, count, shared, right] of [
    [1, 0, 3, true, false],
    [1, 1, 3, true, true],
    [1, 1000, 3001, true, false],
    [5, 37, 20, false, true],
  ] as const) {
    const sorted = Array.from({ length: shared ? 1 : rows }, (_, row) => indices(columns, 50, row + 1).sort());
    const wanted = indices(rows * count, 52, 9);
    const before = (a: number, b: number) => (right ? a <= b : a < b);
    yield {
      name: `searchSorted [${rows}, ${columns}] ${count}`,
      words: true,
      launches: (traits) => lowerSearch({ rows, columns, count, shared, right }, traits),
      inputs: () => [Uint32Array.from(sorted.flatMap((row) => [...row])), wanted],
      expected: () =>
        Float64Array.from(
          Array.from(wanted, (value, i) => sorted[shared ? 0 : Math.floor(i / count)]!.filter((key) => before(key, value)).length),
        ),
    };
  }
}

/** Lists of the elements with each of `rows` ids. */
function listed(ids: Uint32Array, rows: number) {
  const lists = Array.from({ length: rows }, (_, row) => [...ids.keys()].filter((i) => ids[i] === row));
  const outside = [...ids.keys()].filter((i) => ids[i]! >= rows);
  const offsets = new Uint32Array(rows + 1);
  lists.forEach((list, row) => {
    offsets[row + 1] = offsets[row]! + list.length;
  });
  return { lists, order: Uint32Array.from([...lists.flat(), ...outside]), offsets };
}

export function* segmentCases(): Generator<Case> {
  for (const [outer, rows, width, count] of [
    [1, 1, 1, 1],
    [1, 10, 7, 100],
    [2, 300, 3, 40],
    [1, 5, 4, 0],
    // Past the length from which chunks are summed first: rows within one, over several, and with a long tail.
    [2, 3, 2, 5000],
    [1, 40, 1, 9000],
  ] as const) {
    const x = values(outer * count * width, 1);
    // Half of the elements are those of row 1, and some of none.
    const ids = indices(count, rows + 1, 2).map((id, i) => (i % 2 ? Math.min(1, rows - 1) : id));
    const { lists, order, offsets } = listed(ids, rows);
    const spec = { outer, rows, width, count };
    const name = `[${outer}, ${rows}, ${width}] ${count}`;
    yield {
      name: `segment sum ${name}`,
      launches: (traits) => lowerSegmentSum(spec, traits),
      inputs: () => [x, order, offsets],
      expected: () =>
        Float64Array.from({ length: outer * rows * width }, (_, i) => {
          const o = Math.floor(i / (rows * width));
          return lists[Math.floor(i / width) % rows]!.reduce((sum, e) => sum + x[(o * count + e) * width + (i % width)]!, 0);
        }),
    };
    if (outer !== 1 || count > 1000) continue;
    for (const largest of [true, false]) {
      yield {
        name: `segment ${largest ? 'max' : 'min'} ${name}`,
        launches: (traits) => lowerSegmentExtremum({ ...spec, largest }, traits),
        inputs: () => [x, order, offsets],
        expected: () =>
          Float64Array.from({ length: rows * width }, (_, i) => {
            const list = lists[Math.floor(i / width)]!.map((e) => x[e * width + (i % width)]!);
            return list.length === 0 ? 0 : largest ? Math.max(...list) : Math.min(...list);
          }),
      };
    }
    const sources = indices(count, 14, 3);
    const dense = values(13 * width, 4);
    const weights = values(count, 5);
    yield {
      name: `segment product ${name}`,
      launches: (traits) => lowerSparseProduct({ ...spec, sources: 13 }, traits),
      inputs: () => [weights, dense, order, offsets, sources],
      expected: () =>
        Float64Array.from({ length: rows * width }, (_, i) =>
          lists[Math.floor(i / width)]!.reduce((sum, e) => sum + weights[e]! * (dense[sources[e]! * width + (i % width)] ?? 0), 0),
        ),
    };
    const left = values(rows * width, 6);
    yield {
      name: `segment sampled ${name}`,
      launches: (traits) => lowerSampledProduct({ ...spec, sources: 13 }, traits),
      inputs: () => [left, dense, ids, sources],
      expected: () =>
        Float64Array.from({ length: count }, (_, e) => {
          let sum = 0;
          for (let w = 0; w < width; w++) sum += (left[ids[e]! * width + w] ?? 0) * (dense[sources[e]! * width + w] ?? 0);
          return sum;
        }),
    };
  }
}

export function* sortCases(): Generator<Case> {
  for (const [rows, columns, bits, limit] of [
    [1, 1, 32, 2 ** 32],
    [3, 7, 32, 2 ** 32],
    [70, 33, 3, 5],
    // Past the length of short rows, of a tile and of many tiles; digits of fewer bits; keys that are all but equal.
    [2, 257, 32, 2 ** 32],
    [3, 1025, 12, 4000],
    [1, 5003, 32, 2 ** 32],
    [1, 3000, 1, 2],
  ] as const) {
    const keys = Array.from({ length: rows }, (_, row) => indices(columns, limit, row + 1));
    yield {
      name: `sort [${rows}, ${columns}] of ${bits} bits`,
      words: true,
      launches: (traits) => lowerSort({ rows, columns, bits }, traits),
      inputs: () => [Uint32Array.from(keys.flatMap((row) => [...row]))],
      expected: () => Float64Array.from(keys.flatMap((row) => [...row.keys()].sort((a, b) => row[a]! - row[b]! || a - b))),
    };
  }
}
