// The bundle holds shaders packed. What is unpacked there must be the file, line for line and column for column, and all that wgsl_reflect
// reads from it.
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { readShader } from '../../build/wgsl.mjs';
import type { Shader } from '../../src/engine/ops/kernel.ts';

const shaders = import.meta.glob<{ default: Shader }>('../../shaders/**/*.wgsl', { eager: true });

it.each(Object.keys(shaders))('%s', async (path) => {
  const unpacked = shaders[path].default;
  const file = join(import.meta.dirname, path);
  const { shader, library } = await readShader(file);
  if (!path.includes('/lib/')) expect(unpacked.params).toEqual(shader.params);
  expect(unpacked.entries).toEqual(shader.entries);
  expect(unpacked.library?.map(({ name }) => name)).toEqual(library.map((part) => basename(part, '.wgsl')));
  // The files' form: two spaces for each bracket that is open; comments stay out.
  expect(unpacked.source).toBe(readFileSync(file, 'utf8').replace(/ *\/\/.*$/gm, ''));
});
