// Saves a trained network's weights as a safetensors file, and puts them into a new network.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeSafetensors, encodeSafetensors, nn, rand } from 'tilegrad';

const make = () => new nn.Sequential(new nn.Linear(8, 16), new nn.GELU(), new nn.Linear(16, 3));
const folder = mkdtempSync(join(tmpdir(), 'tilegrad-example-'));
const file = join(folder, 'model.safetensors');

const trained = make();
const values = Object.entries(await trained.stateDict());
writeFileSync(file, encodeSafetensors(Object.fromEntries(values.map(([name, value]) => [name, { dtype: 'F32', ...value }]))));

const { tensors } = decodeSafetensors(readFileSync(file), file);
const loaded = make();
loaded.loadStateDict(tensors);
rmSync(folder, { recursive: true });

for (const [name, { shape }] of Object.entries(tensors)) console.log(`${name} [${shape}]`);
const x = rand([5, 8]).keep();
const difference = trained.forward(x).sub(loaded.forward(x)).abs().max();
console.log(`largest difference between the two networks: ${await difference.item()}`);
