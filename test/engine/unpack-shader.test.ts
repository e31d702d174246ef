// The bundle holds shaders packed. What is unpacked there must be the file, line for line and column for column, and all that wgsl_reflect
// reads from it.
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { reflectShader } from '../../build/wgsl.mjs';
import type { Shader } from '../../src/engine/ops/kernel.ts';

const shaders = import.meta.glob<{ default: Shader }>('../../shaders/**/*.wgsl', { eager: true });

it.each(Object.keys(shaders))('%s', (path) => {
  const unpacked = shaders[path].default;
  const text = readFileSync(join(import.meta.dirname, path), 'utf8');
  const { params, entries } = reflectShader(basename(path, '.wgsl'), text);
  expect(unpacked.params).toEqual(params);
  expect(unpacked.entries).toEqual(entries);
  // The files' form: two spaces for each bracket that is open; comments stay out.
  expect(unpacked.source).toBe(text.replace(/ *\/\/.*$/gm, ''));
});
