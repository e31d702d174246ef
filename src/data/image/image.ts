// The pixels of a picture, as they stand in a file, and as planes of bytes.

/** Pixels row by row from the top, the channels of a pixel beside each other. */
export interface Image {
  readonly width: number;
  readonly height: number;
  /** 1 grey or index into the palette, 2 grey and alpha, 3 RGB, 4 RGB and alpha. */
  readonly channels: 1 | 2 | 3 | 4;
  /** 16-bit files stay 16 bits wide; grey values of 1, 2 and 4 bits are spread over 0 … 255. */
  readonly data: Uint8Array | Uint16Array;
  /** The colours that the values stand for, of a file with a palette. */
  readonly palette?: readonly (readonly number[])[];
}

/**
 * Bytes of shape [channels, height, width]. Grey is repeated for three channels, colour is weighed for one (ITU-R 601, as PIL's `convert('L')`);
 * a palette is looked up, 16 bits lose their lower 8, and alpha is left out, as torchvision's `ImageFolder` does.
 */
export function planes(image: Image, channels: 1 | 3): Uint8Array {
  const { width, height, data, palette } = image;
  const size = width * height;
  const out = new Uint8Array(channels * size);
  const shift = data instanceof Uint16Array ? 8 : 0;
  const colour = palette !== undefined || image.channels >= 3;
  for (let p = 0; p < size; p++) {
    const at = p * image.channels;
    const entry = palette?.[data[at]];
    const red = entry ? entry[0] : data[at] >> shift;
    const green = entry ? entry[1] : colour ? data[at + 1] >> shift : red;
    const blue = entry ? entry[2] : colour ? data[at + 2] >> shift : red;
    if (channels === 3) {
      out[p] = red;
      out[size + p] = green;
      out[2 * size + p] = blue;
    } else {
      out[p] = colour ? (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16 : red;
    }
  }
  return out;
}
