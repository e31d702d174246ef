import type { StateDict } from '../nn/load.ts';

type Entry = StateDict[string];

/** Hugging Face's name of a tensor of one of CLIP's towers, and what OpenAI's is. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/^text_model\.embeddings\.token_embedding\./, 'token_embedding.'],
  [/^text_model\.embeddings\.position_embedding\.weight$/, 'positional_embedding'],
  [/^text_model\.final_layer_norm\./, 'ln_final.'],
  [/^text_model\.encoder\.layers\./, 'transformer.resblocks.'],
  [/^vision_model\.embeddings\.class_embedding$/, 'visual.class_embedding'],
  [/^vision_model\.embeddings\.patch_embedding\./, 'visual.conv1.'],
  [/^vision_model\.embeddings\.position_embedding\.weight$/, 'visual.positional_embedding'],
  // The spelling is theirs.
  [/^vision_model\.pre_layrnorm\./, 'visual.ln_pre.'],
  [/^vision_model\.post_layernorm\./, 'visual.ln_post.'],
  [/^vision_model\.encoder\.layers\./, 'visual.transformer.resblocks.'],
  [/\.layer_norm1\./, '.ln_1.'],
  [/\.layer_norm2\./, '.ln_2.'],
  [/\.mlp\.fc1\./, '.mlp.c_fc.'],
  [/\.mlp\.fc2\./, '.mlp.c_proj.'],
  [/\.self_attn\.out_proj\./, '.attn.out_proj.'],
];

/** Projections into the common space, which OpenAI multiplies from the other side. */
const TRANSPOSED: Readonly<Record<string, string>> = {
  'text_projection.weight': 'text_projection',
  'visual_projection.weight': 'visual.proj',
};

/** A state dict of Hugging Face's CLIP under OpenAI's names: queries, keys and values of a layer become one matrix. */
export function fromHuggingFace(dict: StateDict): StateDict {
  const found: Record<string, Entry> = {};
  for (const [name, entry] of Object.entries(dict)) {
    if (name.endsWith('position_ids')) continue;
    const [, layer, part, kind] = /^(.*\.)self_attn\.([qkv])_proj\.(weight|bias)$/.exec(name) ?? [];
    const plain = (path: string) => NAMES.reduce((value, [from, to]) => value.replace(from, to), path);
    if (part === 'q') {
      const parts = ['q', 'k', 'v'].map((letter) => dict[`${layer}self_attn.${letter}_proj.${kind}`]);
      if (parts.every((one) => one !== undefined)) found[plain(`${layer}attn.in_proj_${kind}`)] = stacked(parts);
      else found[name] = entry;
    } else if (part === undefined) found[TRANSPOSED[name] ?? plain(name)] = name in TRANSPOSED ? turned(entry) : entry;
  }
  return found;
}

/** Rows of one after those of the other, put together when they are asked for. */
const stacked = (parts: readonly Entry[]): Entry => ({
  shape: [parts.reduce((rows, { shape }) => rows + shape[0], 0), ...parts[0].shape.slice(1)],
  get data() {
    const all = parts.map(({ data }) => data);
    const values = new Float32Array(all.reduce((length, { length: more }) => length + more, 0));
    let at = 0;
    for (const one of all) {
      values.set(one, at);
      at += one.length;
    }
    return values;
  },
});

const turned = (entry: Entry): Entry => {
  const [rows, columns] = entry.shape;
  return {
    shape: [columns, rows],
    get data() {
      const { data } = entry;
      return new Float32Array(rows * columns).map((_, i) => data[(i % rows) * columns + Math.floor(i / rows)]);
    },
  };
};
