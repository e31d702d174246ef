// `tilegrad info`: the adapters of this machine, which one a run would use, and why.
import { type AdapterSurvey, type SurveyedAdapter, surveyAdapters } from './adapter.ts';
import { cacheFolder } from './files.ts';
import { formatBytes } from './status-line.ts';
import { type Versions, versions } from './versions.ts';

export interface Info extends AdapterSurvey {
  readonly versions: Versions;
  readonly machine: string;
  readonly cache: string;
  readonly data: string | undefined;
}

export async function collectInfo(adapter: string | undefined): Promise<Info> {
  const survey = await surveyAdapters(adapter);
  return {
    versions: versions(),
    machine: `${process.platform} ${process.arch}`,
    cache: cacheFolder(),
    data: process.env.TILEGRAD_DATA || undefined,
    ...survey,
  };
}

export function formatInfo({ versions: { tilegrad, node, webgpu }, machine, cache, data, adapters, reason, problem }: Info): string {
  return [
    `tilegrad ${tilegrad}, Node ${node}, webgpu (Dawn) ${webgpu}, ${machine}`,
    `Downloads are kept in ${cache}; data folder: ${data ?? 'none (TILEGRAD_DATA or --data)'}`,
    '',
    adapters.length ? `Adapters: ${adapters.length}` : 'Adapters: none',
    ...adapters.flatMap(formatAdapter),
    '',
    problem ? `No adapter is chosen: ${problem}` : `* is the one a run uses: ${reason}.`,
  ].join('\n');
}

/** The limits that decide what can be trained. The rest is in `--json`. */
const bytesLimits = ['maxBufferSize', 'maxStorageBufferBindingSize', 'maxComputeWorkgroupStorageSize'];
const countLimits = ['maxComputeInvocationsPerWorkgroup', 'maxComputeWorkgroupsPerDimension', 'maxStorageBuffersPerShaderStage'];

function formatAdapter({ name, kind, backend, driver, origin, chosen, features, limits }: SurveyedAdapter): string[] {
  return [
    `${chosen ? '*' : '-'} ${name} (${kind === 'gpu' ? 'hardware' : 'software'}, ${backend}${origin === 'npm' ? ', from npm' : ''})`,
    `    driver: ${driver}`,
    ...wrap('features', features),
    ...wrap('limits', [
      ...bytesLimits.map((limit) => `${limit} ${formatBytes(limits[limit] ?? 0)}`),
      ...countLimits.map((limit) => `${limit} ${limits[limit]?.toLocaleString('en')}`),
    ]),
  ];
}

function wrap(label: string, words: readonly string[]): string[] {
  const lines = [`    ${label}:`];
  for (const [index, word] of words.entries()) {
    const text = index + 1 < words.length ? `${word},` : word;
    const line = lines.at(-1) ?? '';
    if (line.length + text.length > 110) lines.push(`      ${text}`);
    else lines[lines.length - 1] = `${line} ${text}`;
  }
  return lines;
}
