// A picture from wherever a person has one: dropped, chosen, pasted, photographed, or a sample.
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { PictureSize } from '../../../../src/data/image/resize.ts';
import type { Picture } from '../../../../src/train/figure.ts';
import type { GivenPicture, PictureInput } from '../../../../src/train/input.ts';
import { Camera, hasCamera } from './camera.tsx';
import type { PadProps } from './pad.ts';
import { pictureOf, planarOf } from './planar.ts';
import { Samples } from './samples.tsx';

export interface ChosenPicture {
  readonly picture: Picture;
  readonly given: GivenPicture;
}

interface Props extends Omit<PadProps<PictureInput>, 'give' | 'input'> {
  readonly input: PictureSize;
  /** Called with each picture, in an effect. */
  chosen(picture: ChosenPicture | undefined): void;
  /** What stands for the picture. */
  children(picture: Picture): ComponentChildren;
}

export function PictureChooser({ id, label, input, offer, read, chosen, children }: Props) {
  const samples = offer?.samples ?? [];
  const [own, setOwn] = useState<Picture>();
  const [sample, setSample] = useState(0);
  const [state, setState] = useState<{ readonly problem?: string; readonly busy?: boolean; readonly camera?: boolean }>({});
  const files = useRef<HTMLInputElement>(null);
  const latest = useRef(0);
  const now = useMemo((): ChosenPicture | undefined => {
    if (own) return { picture: own, given: { values: planarOf(own) } };
    const picture = samples[sample];
    return picture && { picture, given: { values: planarOf(picture), sample } };
  }, [own, samples[sample], sample]);
  useEffect(() => chosen(now), [now]);

  const take = async (file: Blob | undefined | null) => {
    if (!file) return setState({ problem: 'There is no picture in it.' });
    const turn = ++latest.current;
    setState({ busy: true });
    try {
      const values = await read(file, input);
      if (turn !== latest.current) return;
      setOwn(pictureOf(values, input));
      setState({});
    } catch (error) {
      if (turn === latest.current) setState({ problem: (error as Error).message });
    }
  };
  const paste = async () => {
    try {
      const items = await navigator.clipboard.read();
      const found = items.flatMap((item) => item.types.filter((type) => type.startsWith('image/')).map((type) => ({ item, type })))[0];
      await take(found && (await found.item.getType(found.type)));
    } catch {
      setState({ problem: 'The browser does not let this page look at the clipboard: press Ctrl+V here instead.' });
    }
  };
  const pictureIn = (data: DataTransfer | null) => [...(data?.files ?? [])].find(({ type }) => type.startsWith('image/')) ?? data?.files[0];
  return (
    <fieldset
      class="pad picture"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        void take(pictureIn(event.dataTransfer));
      }}
      onPaste={(event) => {
        event.preventDefault();
        void take(pictureIn(event.clipboardData));
      }}
    >
      <legend>{label}</legend>
      <div class="preview" aria-busy={state.busy} style={{ aspectRatio: `${input.width} / ${input.height}` }}>
        {state.camera ? (
          <Camera taken={(file) => void take(file)} failed={(problem) => setState({ problem })} close={() => setState({})} />
        ) : (
          ((now && children(now.picture)) ?? <p class="soft">Drop a picture here.</p>)
        )}
      </div>
      <p class="actions">
        <button type="button" class="small" onClick={() => files.current?.click()}>
          Choose a file
        </button>
        <button type="button" class="small" onClick={() => void paste()}>
          Paste
        </button>
        {hasCamera && !state.camera && (
          <button type="button" class="small" onClick={() => setState({ camera: true })}>
            Camera
          </button>
        )}
      </p>
      <input
        ref={files}
        class="unseen"
        type="file"
        accept="image/*"
        tabIndex={-1}
        aria-label={`${label}, a file`}
        onChange={(event) => {
          void take(event.currentTarget.files?.[0]);
          // So that the same file can be chosen again.
          event.currentTarget.value = '';
        }}
      />
      {state.problem ? (
        <p class="problem" role="alert">
          {state.problem}
        </p>
      ) : (
        <p class="help" id={`${id}-help`}>
          {state.busy
            ? 'Reading the picture …'
            : `Or drop one on it. It is scaled to ${input.width} × ${input.height} and cut around its middle; it stays in this browser.`}
        </p>
      )}
      {samples.length > 0 && (
        <Samples
          label={`${label}: samples`}
          samples={samples}
          mark={(i) => (!own && i === sample ? { as: 'chosen' } : undefined)}
          choose={(i) => {
            latest.current++;
            setOwn(undefined);
            setSample(i);
            setState({});
          }}
        />
      )}
    </fieldset>
  );
}
