// Save and load
// A trained network's weights become the bytes of a safetensors file, and a new network takes them in.
import { decodeSafetensors, encodeSafetensors, nn, rand } from 'tilegrad';

const make = () =>
  new nn.Sequential(new nn.Linear(8, 16), new nn.GELU(), new nn.Linear(16, 3));

const trained = make();
const weights = {};
for (const [name, value] of Object.entries(await trained.stateDict()))
  weights[name] = { dtype: 'F32', ...value };
// In Node: writeFileSync('model.safetensors', bytes), and readFileSync gives them back. PyTorch reads the file too.
const bytes = encodeSafetensors(weights);
console.log(`${bytes.length} bytes`);

const { tensors } = decodeSafetensors(bytes, 'model.safetensors');
for (const [name, { shape }] of Object.entries(tensors))
  console.log(`${name} [${shape}]`);

const loaded = make();
loaded.loadStateDict(tensors);
const x = rand([5, 8]).keep();
const difference = trained.forward(x).sub(loaded.forward(x)).abs().max();
console.log(
  `largest difference between the two networks: ${await difference.item()}`,
);
