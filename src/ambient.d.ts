// The few globals that Node, browsers and workers share. `src/` is type-checked with these and nothing else (no DOM, no Node types),
// so a platform's own name in here does not compile.
declare const console: { log(...data: unknown[]): void; warn(...data: unknown[]): void; error(...data: unknown[]): void };
declare const performance: { now(): number };
declare function setTimeout(callback: () => void, milliseconds: number): unknown;
declare const crypto: { readonly subtle: { digest(algorithm: 'SHA-256', bytes: Uint8Array): Promise<ArrayBuffer> } };
declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>;
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean });
  decode(bytes: Uint8Array | ArrayBuffer): string;
}

declare module '*.wgsl' {
  const shader: import('./engine/ops/kernel.ts').Shader;
  export default shader;
}

/** The text of a script: the file with all that it imports (build/bundle-text.mjs). */
declare module '*?bundle' {
  const code: string;
  export default code;
}

/** The package has types for its index alone, which brings the encoder along. */
declare module 'jpeg-js/lib/decoder.js' {
  export default function decode(
    bytes: Uint8Array,
    options: {
      readonly useTArray: true;
      readonly formatAsRGBA: boolean;
      readonly tolerantDecoding: boolean;
      readonly maxResolutionInMP: number;
      readonly maxMemoryUsageInMB: number;
      readonly colorTransform?: boolean;
    },
  ): { readonly width: number; readonly height: number; readonly data: Uint8Array };
}
