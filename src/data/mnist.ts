import type { Platform } from '../platform.ts';
import type { DataRecord } from './record.ts';
import { type Digits, mnist } from './sets/mnist.ts';
import { openDataSet } from './sets/open.ts';
import type { DigitSet } from './synthetic-digits.ts';

export interface MnistOptions {
  /** Use only the first so many images. Default: all 60,000 and 10,000. */
  readonly trainCount?: number;
  readonly testCount?: number;
}

export interface Mnist {
  readonly train: DigitSet;
  readonly test: DigitSet;
  /** Which data this is; hand it to `context.data`. */
  readonly record: DataRecord;
}

/** `mnist`, as bytes. */
export async function loadMnist(platform: Platform, { trainCount = 0, testCount = 0 }: MnistOptions = {}): Promise<Mnist> {
  const { parts, record } = await openDataSet(platform, mnist, { use: { limit: { train: trainCount, test: testCount } } });
  const bytes = ({ fields, count }: Digits['train']): DigitSet => ({
    images: fields.image.data as Uint8Array,
    labels: fields.label.data as Uint8Array,
    count,
  });
  return { train: bytes(parts.train), test: bytes(parts.test), record };
}
