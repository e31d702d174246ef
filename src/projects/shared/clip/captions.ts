// What is said of pictures: CLIP's templates around the names of classes, and of what the classes are kinds of.

/** CLIP's templates for CIFAR (openai/CLIP, data/prompts.md). */
const looks = ['', 'blurry ', 'black and white ', 'low contrast ', 'high contrast ', 'bad ', 'good '];
export const prompts: readonly string[] = ['a', 'the'].flatMap((article) => [
  ...looks.map((look) => `a ${look}photo of ${article} {}.`),
  ...['small', 'big'].map((size) => `a photo of ${article} ${size} {}.`),
]);

export const inPrompt = (prompt: string, name: string): string => prompt.replace('{}', name);

/** CIFAR-100's groups, one of each in the singular, and more by WordNet for Tiny ImageNet's classes. */
const groups: Readonly<Record<string, string>> = {
  'aquatic mammal': 'beaver, dolphin, otter, seal, whale, dugong',
  fish: 'aquarium fish, flatfish, ray, shark, trout, goldfish',
  flower: 'orchid, poppy, rose, sunflower, tulip',
  container: 'bottle, bowl, can, cup, plate, barrel, beaker, beer bottle, bucket, chest, pill bottle, pop bottle, water jug, teapot',
  fruit: 'apple, mushroom, orange, pear, sweet pepper, banana, bell pepper, lemon, pomegranate, cauliflower, acorn',
  device: 'clock, keyboard, lamp, telephone, television, abacus, binoculars, CD player, computer keyboard, cash machine, remote control',
  furniture: 'bed, chair, couch, table, wardrobe, desk, dining table, rocking chair, bathtub, altar, refrigerator',
  insect:
    'bee, beetle, butterfly, caterpillar, cockroach, ladybug, fly, grasshopper, walking stick, mantis, dragonfly, monarch, sulphur butterfly',
  carnivore: 'bear, leopard, lion, tiger, wolf, brown bear, cougar',
  building:
    'bridge, castle, house, road, skyscraper, barn, barbershop, butcher shop, confectionery, cliff dwelling, beacon, dam, bannister, birdhouse, water tower, triumphal arch, suspension bridge, viaduct, obelisk, fountain',
  landscape: 'cloud, forest, mountain, plain, sea, alp, cliff, coral reef, lakeside, seashore',
  'hoofed animal': 'camel, cattle, elephant, hog, ox, bison, bighorn, gazelle, Arabian camel, African elephant',
  ape: 'chimpanzee, orangutan, baboon',
  mammal: 'fox, porcupine, possum, raccoon, skunk, kangaroo, koala, lesser panda, guinea pig',
  invertebrate:
    'crab, lobster, snail, spider, worm, trilobite, scorpion, black widow, tarantula, centipede, jellyfish, brain coral, slug, sea slug, American lobster, spiny lobster, sea cucumber',
  person: 'baby, boy, girl, man, woman',
  reptile: 'crocodile, dinosaur, lizard, snake, turtle, American alligator, boa constrictor',
  amphibian: 'European fire salamander',
  frog: 'bullfrog, tailed frog',
  rodent: 'hamster, mouse, rabbit, shrew, squirrel',
  tree: 'maple tree, oak tree, palm tree, pine tree, willow tree',
  bird: 'goose, black stork, king penguin, albatross',
  dog: 'Chihuahua, Yorkshire terrier, golden retriever, Labrador retriever, German shepherd, standard poodle',
  cat: 'tabby, Persian cat, Egyptian cat',
  automobile: 'beach wagon, convertible, limousine, sports car, police van',
  truck: 'pickup truck, moving van',
  ship: 'lifeboat, gondola',
  vehicle:
    'bicycle, bus, motorcycle, train, lawn mower, rocket, streetcar, tank, tractor, bullet train, school bus, trolleybus, freight car, go-kart, jinrikisha',
  clothing:
    'academic gown, apron, bikini, bow tie, cardigan, Christmas stocking, backpack, kimono, military uniform, poncho, sandal, sock, sombrero',
};
const animals =
  'aquatic mammal, fish, insect, carnivore, hoofed animal, ape, mammal, invertebrate, reptile, amphibian, frog, rodent, bird, dog, cat';
/** What groups are kinds of. */
const wider: Readonly<Record<string, string>> = { animal: animals, plant: 'flower, tree', vehicle: 'automobile, truck, ship' };

const ofWhich = (lists: Readonly<Record<string, string>>) =>
  new Map(Object.entries(lists).flatMap(([name, list]) => list.split(', ').map((own) => [own, name] as const)));
const [groupOf, widerOf] = [ofWhich(groups), ofWhich(wider)];

/** Of the shapes that stand in for photographs, a `striped disc` is a disc. */
const drawnShape = /^(?!half )\w+ (disc|ring|square|frame|triangle|cross|bars|half disc|star|pair)$/;

/** A class as CLIP's captions say it: CIFAR-100 has names like `pine_tree`. */
export const spoken = (name: string): string => name.replaceAll('_', ' ');

/** A name with what it is a kind of, as CLIP's prompts for pets have it. */
export const typed = (name: string, kind: string): string => `${name}, a type of ${kind}`;

/** What a picture of a class is: `beach wagon`, `beach wagon, a type of vehicle`, `automobile`, `vehicle`. The last ones fall together where no wider word is known. */
export function namesOf(name: string): readonly [own: string, typed: string, group: string, wide: string] {
  const own = spoken(name);
  const group = groupOf.get(own) ?? drawnShape.exec(own)?.[1] ?? own;
  const wide = widerOf.get(group) ?? group;
  return [own, wide === own ? own : typed(own, wide), group, wide];
}

/** Of these classes, those whose names or groups a word stands for. */
export const classesOfWord = (classes: readonly string[], word: string): string[] =>
  classes.filter((name) => [spoken(name), namesOf(name)[2]].some((own) => ` ${own} `.includes(` ${word} `))).map(spoken);
