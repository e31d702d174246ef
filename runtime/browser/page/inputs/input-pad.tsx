// An input of any kind.
import type { Input } from '../../../../src/train/input.ts';
import { DrawPad } from './draw.tsx';
import type { PadProps } from './pad.ts';
import { PlanePad } from './plane.tsx';

export function InputPad({ input, offer, ...rest }: PadProps<Input>) {
  switch (input.kind) {
    case 'draw':
      return <DrawPad input={input} offer={offer} {...rest} />;
    case 'plane':
      return <PlanePad input={input} offer={offer} {...rest} />;
  }
}
