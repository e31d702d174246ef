// A run's folder: what stands in it, and that none of it is ever half-written.
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { decodeSafetensors, encodeFileVersion, encodeSafetensors, encodeScalarEvent, TilegradError } from '../../src/index.ts';
import type { Checkpoint } from '../../src/projects/project.ts';
import { errorCode, makeFolder, replaceFile, writeError } from './files.ts';

/** What a checkpoint file holds besides the project's own tensors and state. */
export interface RunState {
  /** Rows of metrics.jsonl after this step belong to work that a resumed run does again. */
  readonly step: number;
  /** Rows of metrics.jsonl that stood when the checkpoint was saved. */
  readonly rows: number;
  readonly seconds: number;
  readonly results: Readonly<Record<string, unknown>>;
}

export const checkpointName = 'checkpoint.safetensors';
const dtypes = { f32: 'F32', i32: 'I32', u32: 'U32' } as const;
const dtypesBack: Readonly<Record<string, 'f32' | 'i32' | 'u32'>> = { F32: 'f32', I32: 'i32', U32: 'u32' };

/** `runs/mc-dropout-20261122-163200`, or that with a number where it is taken. */
export function defaultRunFolder(project: string, time: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${time.getFullYear()}${two(time.getMonth() + 1)}${two(time.getDate())}`;
  const base = join('runs', `${project}-${day}-${two(time.getHours())}${two(time.getMinutes())}${two(time.getSeconds())}`);
  let path = base;
  for (let n = 2; existsSync(path); n++) path = `${base}-${n}`;
  return path;
}

export class RunFolder {
  private metrics: number | undefined;
  private events: number | undefined;
  /** In metrics.jsonl. */
  rows = 0;

  private constructor(readonly path: string) {}

  /** Makes the folder and writes into it at once: better to fail now than after an hour. */
  static create(path: string): RunFolder {
    if (existsSync(join(path, 'config.json'))) {
      throw new TilegradError(`${path} already holds a run. Go on with it by --resume ${path}, or choose another folder with --out.`);
    }
    try {
      makeFolder(path);
    } catch (error) {
      throw writeError(path, error);
    }
    return RunFolder.open(path);
  }

  static open(path: string): RunFolder {
    const probe = join(path, '.probe');
    try {
      // A full disk still lets an empty file be made.
      writeFileSync(probe, 'x'.repeat(4096));
    } catch (error) {
      throw writeError(path, error);
    } finally {
      rmSync(probe, { force: true });
    }
    // Left by a run that was killed while it replaced a file.
    for (const name of readdirSync(path)) if (/^\..*\.tmp-\d+$/.test(name)) rmSync(join(path, name), { force: true });
    return new RunFolder(path);
  }

  write(name: string, content: string | Uint8Array): void {
    replaceFile(join(this.path, name), content);
  }

  writeJson(name: string, value: unknown): void {
    this.write(name, `${JSON.stringify(value, replaceNonFinite, 2)}\n`);
  }

  has(name: string): boolean {
    return existsSync(join(this.path, name));
  }

  remove(name: string): void {
    rmSync(join(this.path, name), { force: true });
  }

  /** For a run that never began. */
  removeIfEmpty(): void {
    try {
      rmdirSync(this.path);
    } catch {
      // Something of the user's is in it.
    }
  }

  /** Starts metrics.jsonl and the TensorBoard events; a resumed run keeps those that its checkpoint knows. */
  openLogs(checkpoint: Pick<RunState, 'step' | 'rows'> | undefined, time: Date): void {
    const kept = checkpoint ? this.rowsOf(checkpoint) : [];
    this.rows = kept.length;
    this.write('metrics.jsonl', kept.map(({ line }) => `${line}\n`).join(''));
    this.metrics = this.openAppend('metrics.jsonl');
    for (const name of readdirSync(this.path)) if (name.startsWith('events.out.tfevents.')) rmSync(join(this.path, name));
    const seconds = time.getTime() / 1000;
    const name = `events.out.tfevents.${Math.floor(seconds)}.${hostname()}`;
    this.events = this.openAppend(name);
    this.append(name, this.events, encodeFileVersion(seconds));
    for (const { row } of kept) {
      const { step, time: rowTime, ...values } = row;
      this.append(name, this.events, encodeScalarEvent(step, rowTime, numbers(values)));
    }
  }

  /** One row, in both logs. `time` in seconds since 1970. */
  scalars(step: number, time: number, values: Readonly<Record<string, number>>): void {
    if (this.metrics === undefined || this.events === undefined) throw new Error('openLogs comes first');
    this.append('metrics.jsonl', this.metrics, Buffer.from(`${JSON.stringify({ step, time, ...values }, replaceNonFinite)}\n`));
    this.append('events.out.tfevents', this.events, encodeScalarEvent(step, time, values));
    this.rows++;
  }

  saveCheckpoint({ tensors, state }: Checkpoint, run: RunState): void {
    type SafetensorsInput = Parameters<typeof encodeSafetensors>[0][string];
    const entries = Object.entries(tensors).map(
      ([name, { dtype, shape, data }]) => [name, { dtype: dtypes[dtype], shape, data } as SafetensorsInput] as const,
    );
    this.write(checkpointName, encodeSafetensors(Object.fromEntries(entries), { state: JSON.stringify(state), run: JSON.stringify(run) }));
  }

  /** Throws when there is none, or when it is damaged. */
  loadCheckpoint(): { readonly checkpoint: Checkpoint; readonly run: RunState } {
    const path = join(this.path, checkpointName);
    let bytes: Uint8Array;
    try {
      bytes = readFileSync(path);
    } catch (error) {
      const what =
        errorCode(error) === 'ENOENT'
          ? 'has no checkpoint: the run ended before its first one'
          : `has a checkpoint that can't be read (${errorCode(error)})`;
      throw new TilegradError(`${this.path} ${what}. Start the run again without --resume.`);
    }
    const { tensors, metadata } = decodeSafetensors(bytes, path);
    const own: Record<string, Checkpoint['tensors'][string]> = {};
    for (const [name, { dtype, shape, data }] of Object.entries(tensors)) {
      const mine = dtypesBack[dtype];
      if (!mine || !(data instanceof Float32Array || data instanceof Int32Array || data instanceof Uint32Array)) {
        throw new TilegradError(
          `${path}: tensor ${name} is ${dtype}; a run's checkpoint holds F32, I32 and U32 alone. It was not written by a run.`,
        );
      }
      own[name] = { dtype: mine, shape, data };
    }
    try {
      return { checkpoint: { tensors: own, state: JSON.parse(metadata.state ?? '') }, run: JSON.parse(metadata.run ?? '') };
    } catch (error) {
      throw new TilegradError(`${path} lacks the state of the run that wrote it: it is damaged, or not a run's checkpoint.`, {
        cause: error,
      });
    }
  }

  close(): void {
    for (const file of [this.metrics, this.events]) if (file !== undefined) closeSync(file);
    this.metrics = this.events = undefined;
  }

  /** Rows of later steps, and those logged for its own step afterwards, come again: no row may stand twice. */
  private rowsOf(
    checkpoint: Pick<RunState, 'step' | 'rows'>,
  ): { readonly line: string; readonly row: { readonly step: number; readonly time: number } }[] {
    if (!this.has('metrics.jsonl')) return [];
    return readFileSync(join(this.path, 'metrics.jsonl'), 'utf8')
      .split('\n')
      .flatMap((line, index) => {
        try {
          const row = JSON.parse(line);
          const known = row.step < checkpoint.step || (row.step === checkpoint.step && index < checkpoint.rows);
          return known ? [{ line, row }] : [];
        } catch {
          // The last row of a killed run may be torn, and the text after the last line break is empty.
          return [];
        }
      });
  }

  private openAppend(name: string): number {
    try {
      return openSync(join(this.path, name), 'a');
    } catch (error) {
      throw writeError(join(this.path, name), error);
    }
  }

  /** Whole or not at all: what a full disk took of a row is cut off again. */
  private append(name: string, file: number, bytes: Uint8Array): void {
    const before = fstatSync(file).size;
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    } catch (error) {
      ftruncateSync(file, before);
      throw writeError(join(this.path, name), error);
    }
  }
}

/** JSON has no NaN and no infinity, and null would hide which it was. */
function replaceNonFinite(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

function numbers(values: Readonly<Record<string, unknown>>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Number(value)]));
}
