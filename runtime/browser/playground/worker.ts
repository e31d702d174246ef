// The thread that runs one program of the playground, in a sandbox (frame.ts). Stop, and the next Run, end it; so a program can do what it
// likes in here.
import * as tilegrad from '../../../src/index.ts';
import { Adapters, NoAdapterError } from '../adapter.ts';
import { pagePlatform } from '../platform.ts';
import { resolveImports } from './imports.ts';
import { problemOf } from './problem.ts';
import type { ApiNames, Command, Report } from './protocol.ts';
import { Recorder } from './recorder.ts';

type Post = (report: Report) => void;

const gpuBytes = () => tilegrad.memoryUse().bytes;

/** @param library the URL that the library was loaded from, for the program to import the same */
async function run(code: string, library: string, post: Post): Promise<void> {
  const recorder = new Recorder((entries, dropped) => post({ type: 'output', entries, dropped, gpuBytes: gpuBytes() }));
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

/** Waits for a program at the port. The port is out of the program's reach, which so can post nothing but what the recorder makes. */
export function start(port: MessagePort, library: string): void {
  const post: Post = port.postMessage.bind(port);
  tilegrad.setPlatform(pagePlatform(new Adapters(), { kind: 'synthetic' }));
  post({ type: 'api', names: apiNames() });
  // The device is opened before Run is pressed, so that a program's first step is quick.
  tilegrad.openDevice().then(
    ({ name, kind }) => post({ type: 'adapter', name, kind }),
    (error) => post({ type: 'noAdapter', reason: error instanceof NoAdapterError ? error.reason : 'failed', message: error.message }),
  );
  port.onmessage = ({ data }: MessageEvent<Command>) => void run(data.code, library, post);
}
