// An input of any kind. Those that few projects use are loaded when one of them does.
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Input } from '../../../../src/train/input.ts';
import { ChoicePad } from './choice.tsx';
import { DrawPad } from './draw.tsx';
import { NumberPad, NumbersPad } from './number.tsx';
import type { PadProps } from './pad.ts';
import { PlanePad } from './plane.tsx';
import { TextPad } from './text.tsx';

type Pads = { readonly [K in Input['kind']]: ComponentType<PadProps<Extract<Input, { kind: K }>>> };
type RareKind = 'picture' | 'pictures' | 'node' | 'boxes';

const pads: Omit<Pads, RareKind> = {
  ...{ draw: DrawPad, plane: PlanePad, text: TextPad, number: NumberPad, numbers: NumbersPad, choice: ChoicePad },
};

const rare: { readonly [K in RareKind]: () => Promise<Pads[K]> } = {
  picture: async () => (await import('./picture.tsx')).PicturePad,
  pictures: async () => (await import('./pictures.tsx')).PicturesPad,
  node: async () => (await import('./node.tsx')).NodePad,
  boxes: async () => (await import('./boxes.tsx')).BoxesPad,
};

export function InputPad(props: PadProps<Input>) {
  const { kind } = props.input;
  const Pad = kind in pads ? pads[kind as keyof typeof pads] : RarePad;
  const Any = Pad as ComponentType<PadProps<Input>>;
  return <Any {...props} />;
}

function RarePad(props: PadProps<Input>) {
  const [loaded, setLoaded] = useState<{ readonly Pad: ComponentType<PadProps<Input>> } | { readonly problem: string }>();
  useEffect(() => {
    rare[props.input.kind as RareKind]().then(
      (Pad) => setLoaded({ Pad: Pad as ComponentType<PadProps<Input>> }),
      (error) => setLoaded({ problem: String(error) }),
    );
  }, []);
  if (!loaded) return <p class="pad soft">Loading …</p>;
  if ('problem' in loaded) return <p class="pad problem">This input could not be loaded ({loaded.problem}). Reload the page.</p>;
  return <loaded.Pad {...props} />;
}
