// Look inside
// What a training step does on the GPU: its plan, the time of each kernel, the memory in use.
import {
  compile,
  memoryUse,
  nn,
  openDevice,
  optim,
  profile,
  rand,
  showProfile,
} from 'tilegrad';

const { name, reason } = await openDevice();
console.log(`${name} (${reason})\n`);

const model = new nn.Sequential(
  new nn.Linear(64, 32),
  new nn.ReLU(),
  new nn.Linear(32, 1),
);
const sgd = new optim.SGD(model.parameters(), { lr: 0.01, momentum: 0.9 });
const step = compile((x) => {
  const loss = model.forward(x).square().mean();
  sgd.minimize(loss);
  return loss;
});

const x = rand([256, 64]).keep();
await step(x).data();
console.log(`${await step.describe()}\n`);
console.log(`${showProfile(await profile(() => step(x)))}\n`);
console.log(memoryUse());
