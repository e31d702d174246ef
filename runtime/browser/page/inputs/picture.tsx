// One picture, given as it is.
import type { PictureInput } from '../../../../src/train/input.ts';
import type { PadProps } from './pad.ts';
import { PictureCanvas } from './picture-canvas.tsx';
import { PictureChooser } from './picture-chooser.tsx';

export function PicturePad({ give, ...rest }: PadProps<PictureInput>) {
  return (
    <PictureChooser {...rest} chosen={(now) => give(now?.given)}>
      {(picture) => <PictureCanvas picture={picture} />}
    </PictureChooser>
  );
}
