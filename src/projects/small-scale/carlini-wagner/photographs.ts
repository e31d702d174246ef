// The document's own attack: photographs, and a network of a thousand classes.
import { figures, models, type Part, type Run, type Tensor, type TensorBatch } from '../../../index.ts';
import { CarliniWagner, type CarliniWagnerOptions } from '../../shared/attacks/carlini-wagner.ts';
import { carryOut, changedFigure, rounded, tally, winners } from '../../shared/attacks/outcome.ts';
import { normalised } from '../../shared/imagenet.ts';
import type { Victim } from './model.ts';
import { asking, chosen, victimsOf } from './pictures.ts';

const LARGE = 224;
/** Of ImageNet's classes. */
const [GOLDFISH, FLAMINGO] = [1, 130];

interface Course {
  readonly open: (use: { readonly limit: { readonly test: number } }) => Promise<{ readonly test: Part<'image' | 'label'> }>;
  readonly most: number;
  readonly wagner: CarliniWagnerOptions & { readonly searches: number };
  readonly victim: Victim;
}

/** ImageNet's photographs through SqueezeNet: the goldfish becomes a flamingo, others what chance says. */
export async function attackPhotographs(run: Run<unknown>, { open, most, wagner, victim }: Course): Promise<void> {
  const weights = await run.weights('squeezenet1.1-imagenet');
  if (!weights) return run.note('No photographs are attacked: that takes the weights of SqueezeNet.');
  // Of some more than are wanted, for it names about two thirds of them right.
  const { test } = await open({ limit: { test: 2 * most + 2 } });
  const squeezenet = models.squeezenet1_1().eval();
  squeezenet.loadStateDict(weights);
  const forward = (pictures: Tensor) => squeezenet.forward(normalised(pictures));
  const { image, label } = test.fields;
  const names = label.names!;
  const seen = ({ image }: TensorBatch<'image' | 'label'>) => forward(image);
  const guesses = winners(await run.map('photographs seen', test, seen, { batchSize: most + 1 }), names.length);
  const drawing = { most, classes: names.length, random: run.random('photographs'), first: GOLDFISH };
  const drawn = chosen(image.data, label.data, guesses, drawing);
  if (drawn.labels.length === 0) return run.note('No photographs are attacked: SqueezeNet names none of them right.');
  const targets = drawn.targets.map((target, i) => (drawn.labels[i] === GOLDFISH ? FLAMINGO : target));

  const victims = victimsOf({ ...drawn, targets }, LARGE);
  // They take long: half the rounds.
  const half = { ...wagner, searches: Math.ceil(wagner.searches / 2) };
  const found = await carryOut(run, 'photographs', () => new CarliniWagner(forward, victims, half), { victim });
  const ask = asking(forward, LARGE, names);
  const [was, is, file] = [await ask(victims.pictures), await ask(found.pictures), await ask(rounded(found.pictures))];
  const { success, distance, asFile } = tally(victims, found, file.guesses);
  const rows = Object.fromEntries(was.words.map((before, i) => [before, { target: names[targets[i]], after: is.words[i], i }]));
  const columns = {
    target: ({ target }: (typeof rows)[string]) => target,
    'taken for': ({ after }: (typeof rows)[string]) => after,
    L2: ({ i }: (typeof rows)[string]) => figures.fixed(found.distances[i]),
    'as an 8-bit file': ({ i }: (typeof rows)[string]) => file.words[i],
  };
  run.table('photographs', figures.table('Photographs, seen by SqueezeNet 1.1', 'photograph', rows, columns));
  await run.figure(
    'photographs',
    changedFigure(victims, found.pictures, {
      ...{ title: 'A goldfish becomes a flamingo', was: was.words.slice(0, 3), is: is.words },
      caption: 'Photographs of 224×224 pixels, and what SqueezeNet 1.1 takes them for. Grey stands for no difference.',
    }),
  );
  run.summary({ photographs: targets.length, photographSuccess: success, photographDistance: distance, photographsAsFile: asFile });
}
