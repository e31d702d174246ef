// All rows of all tables in cases/: every array of rows that a file there exports.

import type { Tensor } from '../../src/index.ts';
import type { OpCase } from './check.ts';
import type { Argument } from './plan-of.ts';
import type { Statistic } from './statistics.ts';

/** A function whose plan reaches some variant of a kernel; shaders.test.ts compiles it for every kind of adapter. */
export type ShaderCase = readonly [name: string, fn: (...xs: Tensor[]) => Tensor | readonly Tensor[], inputs: readonly Argument[]];

const files = Object.values(import.meta.glob<Record<string, unknown>>('./cases/*.ts', { eager: true }));
const arrays = files.flatMap((file) => Object.entries(file).filter(([, value]) => Array.isArray(value)));

/** Exported under any name that ends in `Cases`, but for `…ShaderCases`. */
export const allCases = arrays.flatMap(([name, value]) => (/[^r]Cases$/.test(name) ? (value as readonly OpCase[]) : []));
export const shaderCases = arrays.flatMap(([name, value]) => (/haderCases$/.test(name) ? (value as readonly ShaderCase[]) : []));
/** Exported under any name that ends in `Statistics`: rows of ops whose results are random. */
export const statistics = arrays.flatMap(([name, value]) => (/Statistics$/.test(name) ? (value as readonly Statistic[]) : []));
