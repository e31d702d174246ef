// Files of the published layouts of BERT, CLIP and ViT, written here in small, load as they are and compute what the papers' formulas do.
import { expect, it } from 'vitest';
import { encodeSafetensors } from '../../src/data/safetensors.ts';
import { models, type nn, readWeights, type Tensor, tensor } from '../../src/index.ts';

/** A file with the values of a model under other names; `parts` may make several entries of one. */
async function fileOf(
  model: nn.Module,
  parts: (
    name: string,
    values: Float32Array<ArrayBuffer>,
    shape: readonly number[],
  ) => [string, Float32Array<ArrayBuffer>, readonly number[]][],
) {
  const entries = Object.entries(await model.stateDict()).flatMap(([name, { data, shape }]) =>
    parts(name, data as Float32Array<ArrayBuffer>, shape),
  );
  return readWeights(
    encodeSafetensors(Object.fromEntries(entries.map(([name, data, shape]) => [name, { dtype: 'F32' as const, shape, data }]))),
  );
}

const clip = {
  embedDim: 6,
  imageResolution: 8,
  visionLayers: 2,
  visionWidth: 8,
  visionHeads: 2,
  visionPatchSize: 4,
  contextLength: 5,
  vocabSize: 11,
  transformerWidth: 4,
  transformerHeads: 2,
  transformerLayers: 1,
};
const images = tensor(
  Float32Array.from({ length: 2 * 192 }, (_, i) => Math.sin(i)),
  [2, 3, 8, 8],
);
const texts = tensor(Int32Array.of(1, 4, 10, 0, 1, 3, 5, 10), [2, 4]);

it("CLIP from Hugging Face's file is CLIP from OpenAI's", async () => {
  const model = new models.Clip(clip).eval();
  const openAi = await fileOf(model, (name, data, shape) => [[name, data, shape]]);
  const towers = (name: string) =>
    name
      .replace(/^visual\.conv1/, 'vision_model.embeddings.patch_embedding')
      .replace(/^visual\.class_embedding/, 'vision_model.embeddings.class_embedding')
      .replace(/^visual\.positional_embedding/, 'vision_model.embeddings.position_embedding.weight')
      .replace(/^visual\.ln_pre/, 'vision_model.pre_layrnorm')
      .replace(/^visual\.ln_post/, 'vision_model.post_layernorm')
      .replace(/^visual\.transformer\.resblocks/, 'vision_model.encoder.layers')
      .replace(/^transformer\.resblocks/, 'text_model.encoder.layers')
      .replace(/^token_embedding/, 'text_model.embeddings.token_embedding')
      .replace(/^positional_embedding/, 'text_model.embeddings.position_embedding.weight')
      .replace(/^ln_final/, 'text_model.final_layer_norm')
      .replace('.ln_1.', '.layer_norm1.')
      .replace('.ln_2.', '.layer_norm2.')
      .replace('.c_fc.', '.fc1.')
      .replace('.c_proj.', '.fc2.')
      .replace('.attn.out_proj.', '.self_attn.out_proj.');
  const face = await fileOf(model, (name, data, shape) => {
    const inner = /^(.*)\.attn\.in_proj_(weight|bias)$/.exec(towers(name));
    if (inner) {
      const third = data.length / 3;
      return ['q', 'k', 'v'].map((part, i) => [
        `${inner[1]}.self_attn.${part}_proj.${inner[2]}`,
        data.slice(i * third, (i + 1) * third),
        [shape[0] / 3, ...shape.slice(1)],
      ]);
    }
    if (name !== 'text_projection' && name !== 'visual.proj') return [[towers(name), data, shape]];
    const [rows, columns] = shape;
    const turned = Float32Array.from(data, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)]);
    return [[name === 'visual.proj' ? 'visual_projection.weight' : 'text_projection.weight', turned, [columns, rows]]];
  });
  const [a, b] = [new models.Clip(clip).eval(), new models.Clip(clip).eval()];
  a.loadStateDict({ ...openAi, context_length: { shape: [], data: Int32Array.of(5) } });
  b.loadStateDict(face);
  expect(await a.stateDict()).toEqual(await model.stateDict());
  expect(await b.stateDict()).toEqual(await model.stateDict());
  const likeness = await model.forward(images, texts).data();
  expect(likeness).toHaveLength(4);
  expect(await b.forward(images, texts).data()).toEqual(likeness);
  // What follows a text's end doesn't count, since no token sees those behind it.
  const padded = tensor(Int32Array.of(1, 4, 10, 7, 7, 1, 3, 5, 10, 9), [2, 5]);
  const [short, long] = [await model.encodeText(texts).data(), await model.encodeText(padded).data()];
  short.forEach((value, i) => expect(long[i]).toBeCloseTo(value, 5));
  // Blocks one by one do what the tower does.
  const visual = model.visual;
  const stepwise = visual.project(visual.transformer.resblocks.reduce<Tensor>((x, block) => block.forward(x), visual.embed(images)));
  expect(await stepwise.data()).toEqual(await model.encodeImage(images).data());
});

const bert = { vocabSize: 13, hiddenSize: 8, numLayers: 2, numHeads: 2, intermediateSize: 12, maxLength: 6 };
const ids = tensor(Int32Array.of(2, 5, 3, 0, 2, 7, 8, 3), [2, 4]);

it('BERT: old names of the norms, heads of pretraining, the encoder alone', async () => {
  const model = new models.BertForMaskedLM(bert).eval();
  const old = await fileOf(model, (name, data, shape) => {
    if (name.startsWith('cls.predictions.decoder')) return [];
    return [[name.replace('LayerNorm.weight', 'LayerNorm.gamma').replace('LayerNorm.bias', 'LayerNorm.beta'), data, shape]];
  });
  const more = {
    'bert.embeddings.position_ids': { shape: [1, 6], data: new Int32Array(6) },
    'cls.seq_relationship.bias': { shape: [2], data: new Float32Array(2) },
  };
  const pooler = {
    'bert.pooler.dense.weight': { shape: [8, 8], data: new Float32Array(64).fill(0.1) },
    'bert.pooler.dense.bias': { shape: [8], data: new Float32Array(8) },
  };
  const loaded = new models.BertForMaskedLM(bert).eval();
  loaded.loadStateDict({ ...old, ...more, ...pooler });
  expect(await loaded.stateDict()).toEqual(await model.stateDict());
  const mask = tensor(Int32Array.of(1, 1, 1, 0, 1, 1, 1, 1), [2, 4]);
  const logits = await loaded.forward(ids, mask).data();
  expect(logits).toHaveLength(2 * 4 * 13);
  // Padding hides: another token there changes nothing before it.
  const others = tensor(Int32Array.of(2, 5, 3, 9, 2, 7, 8, 3), [2, 4]);
  const again = await loaded.forward(others, mask).data();
  for (let i = 0; i < 3 * 13; i++) expect(again[i]).toBeCloseTo(logits[i], 5);
  const encoder = new models.Bert(bert).eval();
  encoder.loadStateDict({ ...old, ...more, ...pooler }, { prefix: 'bert.' });
  expect(await encoder.forward(ids, mask).data()).toEqual(await loaded.bert.forward(ids, mask).data());
  expect(encoder.pooled(encoder.forward(ids)).shape).toEqual([2, 8]);
  expect(() => loaded.bert.pooled(encoder.forward(ids))).toThrow('Bert: expected a model with a pooler, got one without');
});

it('ViT: names from before torchvision 0.13', async () => {
  const shape = { imageSize: 8, patchSize: 4, numLayers: 1, numHeads: 2, hiddenDim: 8, mlpDim: 12, numClasses: 3 };
  const model = new models.VisionTransformer(shape).eval();
  const old = await fileOf(model, (name, data, dims) => [
    [name.replace('mlp.0', 'mlp.linear_1').replace('mlp.3', 'mlp.linear_2'), data, dims],
  ]);
  const loaded = new models.VisionTransformer(shape).eval();
  loaded.loadStateDict(old);
  expect(await loaded.tokens(images).data()).toEqual(await model.tokens(images).data());
});
