// How a failure reads: a heading for its kind, and what the person can do when the error itself doesn't say.
import type { ErrorReport } from '../protocol.ts';

const kinds: Readonly<Record<string, readonly [title: string, advice: string]>> = {
  OutOfMemoryError: [
    'The GPU has too little memory for this',
    'Choose a smaller batch size or width, or the Quick preset, and close other tabs that use the GPU.',
  ],
  DeviceLostError: [
    'The GPU was lost, again and again',
    'The browser or the driver took it away. Close other programs that use the GPU, or choose a smaller batch size, then press Resume.',
  ],
  StorageError: ['The browser doesn’t keep the run', 'Open this page in an ordinary window and allow it to keep data.'],
  NoAdapterError: ['There is no GPU to train on', 'Reload the page; the gallery says what to do when it stays so.'],
  DataFormatError: ['The data can’t be used', 'Choose other files under Data, or train on synthetic data.'],
  QuotaExceededError: ['The browser’s storage is full', 'Download and delete stored runs below, or free disk space, then press Resume.'],
  KernelError: ['The GPU’s driver refused a kernel', 'Update the browser and the graphics driver. The message says which kernel it was.'],
  ShapeError: ['The options don’t fit together', 'Change the options named in the message, or press Reset for the preset’s.'],
  WorkerDied: ['The worker that trained has ended', 'A new one is ready: press Train, or Resume to go on from the last checkpoint.'],
};

/** `title` for the heading; `advice` is the report's own where it has one. */
export function explain({ name, advice }: ErrorReport): { readonly title: string; readonly advice: string } {
  const [title, usual] = kinds[name] ?? ['The run failed', 'Change the options or the data and press Train again.'];
  return { title, advice: advice ?? usual };
}
