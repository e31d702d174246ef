/** Which data a run used: part of its record. */
export interface DataRecord {
  readonly name: string;
  readonly synthetic: boolean;
  /** One line a person reads: "MNIST, 60,000 + 10,000 images, from …" */
  readonly description: string;
  readonly files: readonly { readonly source: string; readonly sha256: string }[];
}
