// Each architecture has the parameters, multiply-adds and names that its publishers' has. Nothing runs here, and no weight is drawn.
import { describe, expect, it } from 'vitest';
import { models, nn, type Tensor, zeros } from '../../src/index.ts';

const image = [1, 3, 224, 224];
const ids = (length: number) => zeros([1, length], 'i32');

/** Counts as torchvision, Hugging Face, OpenAI and the papers give them. */
const ROWS: readonly (readonly [string, () => nn.Module, (readonly number[] | Tensor)[], parameters: number, multiplyAdds: number])[] = [
  ['resnet18', () => models.resnet18(), [image], 11_689_512, 1_814_073_344],
  ['resnet18, half as wide', () => models.resnet18({ width: 32 }), [image], 3_055_880, 483_149_824],
  // github.com/kuangliu/pytorch-cifar.
  [
    'resnet18 for CIFAR',
    () => models.resnet18({ numClasses: 10, stem: { kernel: 3, stride: 1, pool: false } }),
    [[1, 3, 32, 32]],
    11_173_962,
    555_422_720,
  ],
  ['resnet34', () => models.resnet34(), [image], 21_797_672, 3_663_761_408],
  ['resnet50', () => models.resnet50(), [image], 25_557_032, 4_089_184_256],
  ['resnext50 32×4d', () => models.resnet50({ groups: 32, widthPerGroup: 4 }), [image], 25_028_904, 4_230_479_872],
  ['cifarResnet20', () => models.cifarResnet20(), [[1, 3, 32, 32]], 269_722, 40_551_040],
  ['cifarResnet32', () => models.cifarResnet32(), [[1, 3, 32, 32]], 464_154, 68_862_592],
  ['cifarResnet44', () => models.cifarResnet44(), [[1, 3, 32, 32]], 658_586, 97_174_144],
  ['cifarResnet56', () => models.cifarResnet56(), [[1, 3, 32, 32]], 853_018, 125_485_696],
  ['vgg11', () => models.vgg11(), [image], 132_863_336, 7_609_090_048],
  ['vgg13', () => models.vgg13(), [image], 133_047_848, 11_308_466_176],
  ['vgg16', () => models.vgg16(), [image], 138_357_544, 15_470_264_320],
  ['vgg16 with batch norm', () => models.vgg16({ batchNorm: true }), [image], 138_365_992, 15_470_264_320],
  ['vgg19', () => models.vgg19(), [image], 143_667_240, 19_632_062_464],
  ['squeezenet1_0', () => models.squeezenet1_0(), [image], 1_248_424, 818_924_576],
  ['squeezenet1_1', () => models.squeezenet1_1(), [image], 1_235_496, 349_151_936],
  ['mobilenetV2', () => models.mobilenetV2(), [image], 3_504_872, 300_774_272],
  ['UNet', () => new models.UNet(3, 2), [[1, 3, 64, 64]], 31_037_698, 3_010_723_840],
  ['UNet, bilinear', () => new models.UNet(3, 2, { bilinear: true }), [[1, 3, 70, 64]], 17_263_042, 2_650_726_400],
  ['vitB16', () => models.vitB16(), [image], 86_567_656, 17_563_828_224],
  ['vitB32', () => models.vitB32(), [image], 88_224_232, 4_409_186_304],
  ['Bert', () => new models.Bert(), [ids(128)], 109_482_240, 11_173_625_856],
  ['BertForMaskedLM', () => new models.BertForMaskedLM(), [ids(128)], 109_514_298, 14_249_558_016],
  ['Clip', () => new models.Clip(), [image, ids(77)], 151_277_313, 7_388_621_824],
  ['LeNet', () => new models.LeNet(), [[1, 1, 28, 28]], 431_080, 2_293_000],
  ['UltraFace', () => new models.UltraFace(), [[1, 3, 240, 320]], 276_292, 100_418_560],
  ['UltraFace, slim', () => new models.UltraFace('slim'), [[1, 3, 240, 320]], 260_188, 81_410_560],
];

it.each(ROWS)('%s has the published numbers of parameters and multiply-adds', (_name, make, inputs, parameters, multiplyAdds) => {
  const model = make();
  expect(model.parameterCount).toBe(parameters);
  expect(nn.summary(model, ...inputs).multiplyAdds).toBe(multiplyAdds);
});

/** Some of the names and shapes that the published files have, from each kind of layer. */
const NAMES: readonly (readonly [string, () => nn.Module, Readonly<Record<string, readonly number[]>>, count: number])[] = [
  [
    'torchvision resnet18',
    () => models.resnet18(),
    {
      'conv1.weight': [64, 3, 7, 7],
      'layer2.0.downsample.0.weight': [128, 64, 1, 1],
      'layer2.0.downsample.1.running_var': [128],
      'layer4.1.bn2.bias': [512],
      'fc.weight': [1000, 512],
    },
    102,
  ],
  ['torchvision resnet50', () => models.resnet50(), { 'layer1.0.conv3.weight': [256, 64, 1, 1], 'layer4.2.bn3.running_mean': [2048] }, 267],
  [
    'akamaster resnet20, shortcut B',
    () => models.cifarResnet20({ shortcut: 'B' }),
    { 'layer2.0.shortcut.0.weight': [32, 16, 1, 1], 'linear.bias': [10] },
    107,
  ],
  [
    'torchvision vgg16',
    () => models.vgg16(),
    { 'features.28.weight': [512, 512, 3, 3], 'classifier.0.weight': [4096, 25088], 'classifier.6.bias': [1000] },
    32,
  ],
  [
    'torchvision vgg11_bn',
    () => models.vgg11({ batchNorm: true }),
    { 'features.25.weight': [512, 512, 3, 3], 'features.26.running_mean': [512] },
    54,
  ],
  [
    'torchvision squeezenet1_1',
    () => models.squeezenet1_1(),
    { 'features.0.weight': [64, 3, 3, 3], 'features.12.expand3x3.weight': [256, 64, 3, 3], 'classifier.1.weight': [1000, 512, 1, 1] },
    52,
  ],
  [
    'torchvision squeezenet1_0',
    () => models.squeezenet1_0(),
    { 'features.0.weight': [96, 3, 7, 7], 'features.3.squeeze.bias': [16], 'features.12.expand1x1.bias': [256] },
    52,
  ],
  [
    'torchvision mobilenet_v2',
    () => models.mobilenetV2(),
    {
      'features.0.0.weight': [32, 3, 3, 3],
      'features.1.conv.0.0.weight': [32, 1, 3, 3],
      'features.1.conv.1.weight': [16, 32, 1, 1],
      'features.2.conv.1.0.weight': [96, 1, 3, 3],
      'features.17.conv.3.running_var': [320],
      'features.18.1.bias': [1280],
      'classifier.1.weight': [1000, 1280],
    },
    262,
  ],
  [
    'milesial U-Net',
    () => new models.UNet(3, 2),
    {
      'inc.double_conv.0.weight': [64, 3, 3, 3],
      'down1.maxpool_conv.1.double_conv.4.weight': [128],
      'up1.up.weight': [1024, 512, 2, 2],
      'up4.conv.double_conv.3.weight': [64, 64, 3, 3],
      'outc.conv.bias': [2],
    },
    100,
  ],
  [
    'torchvision vit_b_32',
    () => models.vitB32(),
    {
      class_token: [1, 1, 768],
      'conv_proj.weight': [768, 3, 32, 32],
      'encoder.pos_embedding': [1, 50, 768],
      'encoder.layers.encoder_layer_11.self_attention.in_proj_weight': [2304, 768],
      'encoder.layers.encoder_layer_0.mlp.3.bias': [768],
      'encoder.layers.encoder_layer_0.ln_2.weight': [768],
      'encoder.ln.bias': [768],
      'heads.head.weight': [1000, 768],
    },
    152,
  ],
  [
    'Hugging Face BertForMaskedLM',
    () => new models.BertForMaskedLM(),
    {
      'bert.embeddings.word_embeddings.weight': [30522, 768],
      'bert.embeddings.LayerNorm.weight': [768],
      'bert.encoder.layer.0.attention.self.query.weight': [768, 768],
      'bert.encoder.layer.11.attention.output.LayerNorm.bias': [768],
      'bert.encoder.layer.3.intermediate.dense.weight': [3072, 768],
      'bert.encoder.layer.3.output.dense.weight': [768, 3072],
      'cls.predictions.bias': [30522],
      'cls.predictions.transform.LayerNorm.weight': [768],
      'cls.predictions.decoder.weight': [30522, 768],
      'cls.predictions.decoder.bias': [30522],
    },
    204,
  ],
  [
    'Hugging Face BertModel',
    () => new models.Bert(),
    { 'encoder.layer.0.attention.self.key.bias': [768], 'pooler.dense.weight': [768, 768] },
    199,
  ],
  [
    'OpenAI ViT-B/32',
    () => new models.Clip(),
    {
      positional_embedding: [77, 512],
      text_projection: [512, 512],
      logit_scale: [],
      'visual.class_embedding': [768],
      'visual.positional_embedding': [50, 768],
      'visual.proj': [768, 512],
      'visual.conv1.weight': [768, 3, 32, 32],
      'visual.ln_pre.weight': [768],
      'visual.transformer.resblocks.11.attn.in_proj_weight': [2304, 768],
      'visual.transformer.resblocks.0.mlp.c_fc.weight': [3072, 768],
      'transformer.resblocks.0.ln_1.bias': [512],
      'token_embedding.weight': [49408, 512],
      'ln_final.bias': [512],
    },
    302,
  ],
];

it.each(NAMES)('%s: the same names', (_name, make, some, count) => {
  const states = Object.fromEntries(
    make()
      .namedStates()
      .map(([name, { shape }]) => [name, shape]),
  );
  expect(states).toMatchObject(some);
  expect(Object.keys(states)).toHaveLength(count);
});

describe('constructors', () => {
  it.each<[string, () => unknown, string]>([
    [
      'an unknown option',
      () => models.resnet18({ numClases: 3 } as never),
      'resnet18: there is no option numClases; did you mean numClasses?',
    ],
    ['no classes', () => models.vgg11({ numClasses: 0 }), 'vgg11: expected numClasses to be a whole number > 0, got 0'],
    ['a depth', () => new models.CifarResNet(21), 'CifarResNet: expected a depth of 6n + 2 (20, 32, 44, 56 …), got 21'],
    [
      'a small image',
      () => nn.summary(new models.UNet(1, 2, { width: 2 }), [1, 1, 8, 8]),
      'UNet: expected [n, channels, h ≥ 16, w ≥ 16], got [1, 1, 8, 8]',
    ],
    ['another size', () => nn.summary(models.vitB32(), [1, 3, 64, 64]), 'VisionTransformer: expected [n, 3, 224, 224], got [1, 3, 64, 64]'],
    [
      'too long a text',
      () => nn.summary(new models.Bert({ maxLength: 4, numLayers: 1 }), ids(5)),
      'Bert: expected ids [n, length ≤ 4], got [1, 5]',
    ],
    ['heads', () => new models.Bert({ hiddenSize: 10, numHeads: 3 }), 'Bert: expected heads that divide 10 features, got 3'],
    ['patches', () => new models.Clip({ visionPatchSize: 30 }), 'Clip: expected patches that divide the image of 224, got 30'],
    ['another variant', () => new models.UltraFace('big' as never), "UltraFace: expected variant to be 'RFB' or 'slim', got 'big'"],
  ])('refuse %s', (_name, make, message) => expect(make).toThrow(message));
});
