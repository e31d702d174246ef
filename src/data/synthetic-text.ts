// Made-up English for machines with no data and no network: reviews whose words alone don't tell what they mean, messages, a story to go on with.
import type { Random } from '../random.ts';

const words = {
  thing: ['film', 'plot', 'acting', 'ending', 'story', 'music', 'camera work', 'script', 'cast', 'dialogue', 'pacing', 'direction'],
  good: ['good', 'great', 'moving', 'clever', 'funny', 'gripping', 'beautiful', 'fresh', 'warm', 'superb'],
  bad: ['bad', 'dull', 'flat', 'clumsy', 'tedious', 'awful', 'predictable', 'shallow', 'messy', 'lifeless'],
  place: ['Lima', 'Kathmandu', 'Izmir', 'Valparaiso', 'Padang', 'Quetta', 'Wellington', 'Oaxaca', 'Herat', 'Niigata', 'Manila', 'Skopje'],
  harm: ['earthquake', 'flood', 'fire', 'landslide', 'storm', 'explosion', 'tremor', 'aftershock'],
  event: [
    'shook',
    'struck',
    'destroyed houses in',
    'cut the power in',
    'closed the roads to',
    'killed dozens near',
    'injured 30 people in',
  ],
  person: [
    'the miller',
    'a soldier',
    'the king',
    'his daughter',
    'an old woman',
    'the fox',
    'a tailor',
    'the youngest son',
    'the giant',
    'a bird',
  ],
  deed: ['found', 'carried', 'hid', 'sold', 'lost', 'broke', 'wished for', 'dreamt of', 'guarded', 'stole'],
  good_: [
    'the golden key',
    'a loaf of bread',
    'the ring',
    'an empty sack',
    'three apples',
    'the crown',
    'a lantern',
    'the red shoes',
    'the well',
    'a horse',
  ],
  where: [
    'in the forest',
    'behind the mill',
    'at the castle gate',
    'by the river',
    'under the hill',
    'on the long road',
    'beside the fire',
    'at midnight',
  ],
} as const;

const pick = <T>(random: Random, of: readonly T[]): T => of[random.integer(of.length)];
const capital = (text: string) => text[0].toUpperCase() + text.slice(1);

/**
 * A review of 2 to 9 sentences and whether it is for its film. Most sentences say what the writer thinks of one thing, some by negation ("not
 * a single dull scene"), some of them against the rest ("the music is great, but …"): counting words gets part of the way.
 */
export function review(random: Random): { readonly text: string; readonly positive: boolean } {
  const positive = random.uniform() < 0.5;
  const sentences = Array.from({ length: 2 + random.integer(8) }, () => {
    // Three sentences in ten are of the other mind.
    const likes = random.uniform() < 0.3 ? !positive : positive;
    const [fits, other] = likes ? [words.good, words.bad] : [words.bad, words.good];
    const thing = pick(random, words.thing);
    switch (random.integer(5)) {
      case 0:
        return `the ${thing} is ${pick(random, fits)}`;
      case 1:
        return `there is not a single ${pick(random, other)} scene, least of all in the ${thing}`;
      case 2:
        return `people call the ${thing} ${pick(random, other)}, but it is ${pick(random, fits)}`;
      case 3:
        return `I would never call the ${thing} ${pick(random, other)}`;
      default:
        return `what a ${pick(random, fits)} ${thing} and how ${pick(random, fits)}`;
    }
  });
  const verdict = positive ? 'go and see it' : 'stay at home';
  // The verdict itself is given by one in three.
  const told = random.uniform() < 0.33 ? [...sentences, `all in all, ${verdict}`] : sentences;
  return { text: told.map((sentence) => `${capital(sentence)}.`).join(' '), positive };
}

/** A short message, of a disaster or only in its words ("the party was an earthquake of fun"). */
export function message(random: Random): { readonly text: string; readonly disaster: boolean } {
  const disaster = random.uniform() < 0.43;
  const [harm, place] = [pick(random, words.harm), pick(random, words.place)];
  const magnitude = random.uniform(4, 8).toFixed(1);
  const text = disaster
    ? pick(random, [
        `${capital(harm)} ${pick(random, words.event)} ${place}, help is on the way`,
        `BREAKING a ${harm} of magnitude ${magnitude} ${pick(random, words.event)} ${place}`,
        `Pray for ${place} tonight after the ${harm}`,
        `${10 + random.integer(300)} people missing since the ${harm} near ${place} #${harm}`,
      ])
    : pick(random, [
        `That concert in ${place} was an ${harm} of fun`,
        `My inbox is a ${harm} again, missing ${place} already`,
        `New song ${capital(harm)} out now, play it in ${place} #${harm}`,
        `Her smile is a ${harm}, my heart has magnitude ${magnitude}`,
      ]);
  return { text, disaster };
}

/** A message about an earthquake. */
export function earthquake(random: Random): string {
  const [place, other, third] = [pick(random, words.place), pick(random, words.place), pick(random, words.place)];
  const news = pick(random, [
    `Earthquake of magnitude ${random.uniform(4, 8).toFixed(1)} shook ${place} and was felt in ${other}`,
    `Death toll from the ${place} quake rises to ${10 * (1 + random.integer(60))} earthquake`,
    `We pray for all those affected by the earthquake in ${place}`,
    `Rescue teams from ${other} are on their way to ${place} after the earthquake`,
    `Aftershock in ${place} an hour ago stay away from damaged buildings`,
  ]);
  const more = [
    `send help to ${third}`,
    `${third} mourns`,
    `stay safe ${third}`,
    `people of ${third} sleep outside`,
    `more news from ${third} soon`,
  ];
  return `${news} ${pick(random, more)}`;
}

/** Lines of a tale: who did what where, and who is told of stays in the story for a while. */
export function tale(random: Random, count: number): string[] {
  let hero: string = pick(random, words.person);
  return Array.from({ length: count }, () => {
    if (random.uniform() < 0.15) hero = pick(random, words.person);
    const prize = pick(random, words.good_);
    switch (random.integer(4)) {
      case 0:
        return `Once ${hero} ${pick(random, words.deed)} ${prize} ${pick(random, words.where)}.`;
      case 1:
        return `"Give me ${prize}," said ${pick(random, words.person)}, "or you shall never see ${pick(random, words.good_)} again."`;
      case 2:
        return `But ${hero} ${pick(random, words.deed)} ${prize}, and ${pick(random, words.person)} ${pick(random, words.deed)} ${pick(random, words.good_)}.`;
      default:
        return `Then ${hero} went ${random.uniform() < 0.5 ? 'away' : 'home'} and sat ${pick(random, words.where)}.`;
    }
  });
}
