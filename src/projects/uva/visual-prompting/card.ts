import type { ProjectCard } from '../../../index.ts';

export const card: ProjectCard = {
  name: 'visual-prompting',
  title: 'A frame that prompts',
  summary: 'A frame of learned pixels around every picture makes a frozen CLIP better at naming it: a prompt, for pictures.',
  document: 'uva',
  tags: ['classification', 'robustness', 'photographs', 'attention', 'prompting', 'pretraining'],
  headline: { metric: 'promptedAccuracy', better: 'higher' },
  charts: 4,
};
