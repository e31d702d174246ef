// Published weights by name: folder, then network, and what the record says.
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { encodeSafetensors } from '../../../src/data/safetensors.ts';
import { findWeights } from '../../../src/data/weights/find.ts';
import { PUBLISHED } from '../../../src/data/weights/published.ts';
import { type DownloadRequest, models, type Platform } from '../../../src/index.ts';

const one = (name: string) => encodeSafetensors({ [name]: { dtype: 'F32', shape: [1], data: Float32Array.of(2) } });

/** A platform whose folder and network hold these files. */
function platform(folder: Readonly<Record<string, Uint8Array>>, network: Readonly<Record<string, Uint8Array>> = {}) {
  const asked: string[] = [];
  const file = (bytes: Uint8Array | undefined, source: string) =>
    bytes && { bytes, source, sha256: createHash('sha256').update(bytes).digest('hex') };
  const has: Platform = {
    name: 'node',
    requestAdapter: () => Promise.reject(new Error('no adapter is needed here')),
    readData: async (path: string) => file(folder[path], `data/${path}`),
    fetchCached: async ({ path, urls }: DownloadRequest) => {
      asked.push(urls[0]);
      return file(network[path], urls[0]);
    },
  } as Platform;
  return { has, asked };
}

it('are taken from the folder first, under the names of the model here, with their licence', async () => {
  const { has, asked } = platform({ 'weights/resnet_cifar10/resnet20-12fca82f.th': one('module.conv1.weight') });
  const found = await findWeights(has, 'resnet20-cifar10');
  expect(Object.keys(found!.weights)).toEqual(['conv1.weight']);
  expect(found!.record).toMatchObject({
    name: 'resnet20-cifar10',
    synthetic: false,
    files: [{ source: 'data/weights/resnet_cifar10/resnet20-12fca82f.th' }],
  });
  expect(found!.record.description).toBe(
    'ResNet-20, CIFAR-10 (91.7 % on the test set), from data/weights/resnet_cifar10/resnet20-12fca82f.th (not the published file: its sha256 is another one); licence: BSD-2-Clause',
  );
  expect(asked).toEqual([]);
});

it('else from the network, else there are none', async () => {
  const there = platform({}, { 'weights/resnet18-f37072fd.pth': one('fc.weight') });
  expect(Object.keys((await findWeights(there.has, 'resnet18-imagenet'))!.weights)).toEqual(['fc.weight']);
  expect(there.asked).toEqual(['https://download.pytorch.org/models/resnet18-f37072fd.pth']);
  expect(await findWeights(platform({}).has, 'resnet18-imagenet')).toBeUndefined();
  expect(await findWeights(platform({}).has, 'mobilenetv2-imagenet-features')).toBeUndefined();
});

it('are a file of the data folder where the name is a path', async () => {
  const { has, asked } = platform({ 'weights/own.safetensors': one('bert.own') });
  const found = await findWeights(has, 'weights/own.safetensors');
  expect(Object.keys(found!.weights)).toEqual(['bert.own']);
  expect(found!.record).toMatchObject({ name: 'weights/own.safetensors', description: 'weights from data/weights/own.safetensors' });
  expect(await findWeights(has, 'weights/other.safetensors')).toBeUndefined();
  expect(asked).toEqual([]);
});

it('have names, and digests that can be ones', async () => {
  await expect(findWeights(platform({}).has, 'resnet-18-imagenet')).rejects.toThrow(
    'weights: there are no published weights resnet-18-imagenet; did you mean resnet18-imagenet?',
  );
  expect(new Set(PUBLISHED.map(({ name }) => name)).size).toBe(PUBLISHED.length);
  for (const { forms } of PUBLISHED) for (const { download } of forms) if (download) expect(download.sha256).toMatch(/^[0-9a-f]{64}$/);
});

it('have names that fit their models where others numbered the layers', async () => {
  const renamed = async (name: string, path: string, entries: readonly string[]) => {
    const tensors = Object.fromEntries(entries.map((entry) => [entry, { dtype: 'F32' as const, shape: [1], data: Float32Array.of(1) }]));
    return Object.keys((await findWeights(platform({ [path]: encodeSafetensors(tensors) }).has, name))!.weights);
  };
  const squeezenet = Array.from({ length: 26 }, (_, i) => [`squeezenet0_conv${i}_weight`, `squeezenet0_conv${i}_bias`]).flat();
  const own = models
    .squeezenet1_1()
    .namedStates()
    .map(([name]) => name);
  expect((await renamed('squeezenet1.1-imagenet', 'weights/squeezenet1.1/squeezenet1.1_nchw.safetensors', squeezenet)).sort()).toEqual(
    own.sort(),
  );
});
