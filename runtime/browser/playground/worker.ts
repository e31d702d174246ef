// The thread that runs one program of the playground. Stop, and the next Run, end it; so a program can do what it likes in here.
import * as tilegrad from '../../../src/index.ts';
import { Adapters, NoAdapterError } from '../adapter.ts';
import { pagePlatform } from '../platform.ts';
import { resolveImports } from './imports.ts';
import { problemOf } from './problem.ts';
import type { ApiNames, Command, Report } from './protocol.ts';
import { Recorder } from './recorder.ts';

const post = (report: Report) => postMessage(report);
const gpuBytes = () => tilegrad.memoryUse().bytes;
const recorder = new Recorder((entries, dropped) => post({ type: 'output', entries, dropped, gpuBytes: gpuBytes() }));

async function run(code: string): Promise<void> {
  Object.assign(console, recorder.console);
  // The address is known to the program's stacks alone; what is read from it is told by nobody else.
  let url = '';
  const report = (error: unknown) => recorder.problem(problemOf(error, url));
  addEventListener('unhandledrejection', (event) => {
    event.preventDefault();
    report(event.reason);
  });
  addEventListener('error', (event) => {
    event.preventDefault();
    report(event.error ?? event.message);
  });
  const start = performance.now();
  try {
    const library = new URL('./tilegrad.js', import.meta.url).href;
    const program = resolveImports(code, library, Object.keys(tilegrad));
    url = URL.createObjectURL(new Blob([program], { type: 'text/javascript' }));
    await import(url);
  } catch (error) {
    report(error);
  }
  await recorder.settle();
  post({ type: 'ended', seconds: (performance.now() - start) / 1000, gpuBytes: gpuBytes() });
}

function apiNames(): ApiNames {
  const members: Record<string, string[]> = {};
  const collect = (path: string, value: object) => {
    members[path] = Object.keys(value);
    for (const [name, inner] of Object.entries(value)) if (isNamespace(inner)) collect(`${path}.${name}`, inner);
  };
  for (const [name, value] of Object.entries(tilegrad)) if (isNamespace(value)) collect(name, value);
  const methods = Object.getOwnPropertyNames(tilegrad.Tensor.prototype).filter((name) => name !== 'constructor');
  return { exports: Object.keys(tilegrad), members, tensor: [...methods, 'shape', 'dtype'] };
}

const isNamespace = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);

tilegrad.setPlatform(pagePlatform(new Adapters(), { kind: 'synthetic' }));
post({ type: 'api', names: apiNames() });
// The device is opened before Run is pressed, so that a program's first step is quick.
tilegrad.openDevice().then(
  ({ name, kind }) => post({ type: 'adapter', name, kind }),
  (error) => post({ type: 'noAdapter', reason: error instanceof NoAdapterError ? error.reason : 'failed', message: error.message }),
);
addEventListener('message', ({ data }: MessageEvent<Command>) => void run(data.code));
