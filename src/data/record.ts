/** Which data a run used: part of its record. */
export interface DataRecord {
  readonly name: string;
  readonly synthetic: boolean;
  /** The most samples of each part that were asked for; 0 for all. A set that a run opens with other limits has a record for each. */
  readonly limit?: Readonly<Partial<Record<string, number>>>;
  /** One line a person reads: "MNIST, 60,000 + 10,000 images, from …" */
  readonly description: string;
  readonly files: readonly { readonly source: string; readonly sha256: string }[];
}
