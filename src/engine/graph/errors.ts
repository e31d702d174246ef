/** The file that this code was bundled into. */
const ownFile = fileOf(new Error().stack?.split('\n').find((line) => /^\s+at |@/.test(line)));
/** The folder of `tilegrad.js`, and of `library/` with its parts. */
const folder = ownFile?.match(/^(.*\/)(?:tilegrad\.js|library\/[^/]+)$/)?.[1];

/** Its stack frames are ours, not the user's. */
const isOurs = (file: string | undefined): boolean =>
  file === ownFile || (folder !== undefined && (file === `${folder}tilegrad.js` || file?.startsWith(`${folder}library/`) === true));

/** A URL, or the plain path that CommonJS files have. The runtime's own frames have no file. */
function fileOf(frame: string | undefined): string | undefined {
  const file = frame?.match(/(?:^\s+at (?:async )?(?:.*\()?|@)(.+?):\d+:\d+\)?$/)?.[1];
  return file === undefined || /^(node:|<anonymous>)/.test(file) ? undefined : file;
}

/** The op that the user called, while it runs: errors name it, whichever of the ops that it is made of found the fault. */
export const calling: { op: string | undefined } = { op: undefined };

/** Base of every error that tilegrad throws for a reason a user can act on. The command line prints its message without a stack. */
export class TilegradError extends Error {
  override get name(): string {
    return this.constructor.name;
  }

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(calling.op === undefined ? message : message.replace(/^[\w.]+(?=: )/, calling.op));
    if (options && 'cause' in options) Object.defineProperty(this, 'cause', { value: options.cause, configurable: true, writable: true });
    // The first line of the stack should be the user's: frames of this library in front of it go.
    const lines = this.stack?.split('\n');
    const user = lines?.findIndex((line) => fileOf(line) !== undefined && !isOurs(fileOf(line))) ?? -1;
    const first = lines?.findIndex((line) => isOurs(fileOf(line))) ?? -1;
    if (lines && ownFile && first >= 0 && user > first) this.stack = [...lines.slice(0, first), ...lines.slice(user)].join('\n');
  }

  /** Shows the lines that made `other` in place of its own, which were reached later, out of the queue. */
  takeStack(other: TilegradError): void {
    const frames = other.stack?.split('\n').filter((line) => /^\s+at |@/.test(line)) ?? [];
    this.stack = [`${this.name}: ${this.message}`, ...frames].join('\n');
  }
}

/** Shapes that don't fit an op: `matmul: expected …, got [2, 3] and [4, 5]`. */
export class ShapeError extends TilegradError {}

/** Element types that don't fit an op. */
export class DTypeError extends TilegradError {}

/** A shader that the driver refused: names our file, line and column. */
export class KernelError extends TilegradError {}

/** The GPU device is gone: destroyed by the program, or lost to the driver. */
export class DeviceLostError extends TilegradError {}

/** A buffer over the adapter's limit, or memory that the driver would not give. */
export class OutOfMemoryError extends TilegradError {}

/** A file whose content isn't what its format says: truncated, corrupt, of the wrong kind. */
export class DataFormatError extends TilegradError {}

/** A tensor whose memory a later step has reused: read it before that step, or `keep()` it. */
export class StaleTensorError extends TilegradError {}

/** In debug mode: an index outside of the dimension it points into. */
export class IndexError extends TilegradError {}
