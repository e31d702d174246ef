// What a stage that is done elsewhere tells: kept there in its record, and told by the run that takes the record in.
import type { DataRecord } from '../data/record.ts';
import type { StateDict } from '../nn/load.ts';
import type { Figure } from './figure.ts';
import type { ResultValues, RunHost, Table } from './host.ts';

/** All that a stage has left outside of its result. Of figures, tables and files the last by each name, in the order in which the first came. */
export interface Told {
  /** Steps are counted from the stage's beginning. */
  readonly rows: { readonly step: number; readonly values: Readonly<Record<string, number>> }[];
  /** Lines, and the data sets that were opened. */
  readonly log: (string | DataRecord)[];
  readonly figures: Record<string, Figure>;
  readonly tables: Record<string, Table>;
  readonly values: Record<string, number | string | boolean>;
  readonly files: Record<string, Uint8Array>;
  /** Of the project's model, where a loop that keeps it went through. */
  weights?: StateDict;
}

export const nothingTold = (): Told => ({ rows: [], log: [], figures: {}, tables: {}, values: {}, files: {} });

/** A host that keeps in `told` what it would pass on. @param before steps of the run before the stage */
export function noting(host: RunHost, told: Told, before: number): RunHost {
  const notes: Partial<RunHost> = {
    log: (text) => void told.log.push(text),
    data: (record) => void told.log.push(record),
    row: (step, values) => void told.rows.push({ step: step - before, values }),
    figure: async (name, figure) => void Object.assign(told.figures, { [name]: figure }),
    table: (name, table) => void Object.assign(told.tables, { [name]: table }),
    summary: (values: ResultValues) => void Object.assign(told.values, values),
    file: async (name, bytes) => void Object.assign(told.files, { [name]: bytes.slice() }),
  };
  // Getters of the host stay getters.
  return Object.setPrototypeOf(notes, host) as RunHost;
}

/** Passes on what a stage has told elsewhere, but for the weights. */
export async function retell(host: RunHost, { rows, log, figures, tables, values, files }: Told, before: number): Promise<void> {
  for (const entry of log) typeof entry === 'string' ? host.log(entry) : host.data(entry);
  for (const { step, values } of rows) host.row(before + step, values);
  for (const [name, figure] of Object.entries(figures)) await host.figure(name, figure);
  for (const [name, table] of Object.entries(tables)) host.table(name, table);
  if (Object.keys(values).length > 0) host.summary(values);
  for (const [name, bytes] of Object.entries(files)) await host.file(name, bytes);
}
