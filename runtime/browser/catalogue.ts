// What the page knows about the projects without loading the library. Written by build/gallery.mjs; addresses are relative to the page.
import type { DataSet, SetFolder } from '../../src/data/sets/set.ts';
import type { Interaction, OptionSpecs, ProjectCard } from '../../src/train/project.ts';
import type { StarterRecord } from '../run/starter.ts';

/** Of every project, in projects.json. */
export interface CatalogueCard extends ProjectCard {
  /** Titles of the data sets that it uses. */
  readonly sets: readonly string[];
  /** Its README's first figure, as a thumbnail. */
  readonly picture?: ThumbnailFile;
}

export interface ThumbnailFile {
  readonly src: string;
  /** Dark ink on white, to be turned round in the dark. */
  readonly paper: boolean;
}

/** A file of a data set, its size in bytes where that is known. */
export interface WantedFile {
  readonly path: string;
  readonly optional?: true;
  readonly size?: number;
}

/** Many files of a data set: `pattern` and `flags` make a RegExp for their paths in the folder. */
export interface WantedFolder extends Pick<SetFolder, 'folder' | 'layout' | 'needs'> {
  readonly pattern: string;
  readonly flags: string;
  readonly archive?: { readonly path: string; readonly size: number };
}

/** What a person is told of a data set: one of its forms has to be there as a whole. */
export interface WantedSet extends Pick<DataSet, 'title' | 'licence' | 'source'> {
  readonly forms: readonly { readonly title: string; readonly files: readonly (WantedFile | WantedFolder)[] }[];
}

/** Of one project, in projects/NAME.json. */
export interface ProjectDetails {
  readonly data: readonly WantedSet[];
  readonly options: OptionSpecs;
  readonly presets: Readonly<Record<'quick' | 'full', Readonly<Record<string, number | string | boolean>>>>;
  /** Whether its model can be shown layer by layer. */
  readonly hasModel: boolean;
  /** Whether it declares the model that it trains, so that its weights are kept. */
  readonly weights: boolean;
  readonly interaction?: Pick<Interaction, 'title' | 'help' | 'inputs'>;
  /** How the weights came about that come with it, in projects/NAME.safetensors. */
  readonly starter?: StarterRecord;
}

export interface CatalogueEntry extends CatalogueCard, ProjectDetails {}

export interface Catalogue {
  readonly version: string;
  readonly projects: readonly CatalogueCard[];
}

/** search.json: the words of each project's README, in lower case, by the project's name. */
export type ReadmeWords = Readonly<Record<string, string>>;
