// Published weights that a project can ask for by name, under the names that the models here have.
import type { Download } from '../sets/set.ts';

/** A file that holds them; any one of a set of weights' files will do. */
export interface WeightsForm {
  /** Under the data folder. */
  readonly path: string;
  /** Where it can be had without a login; without it there is no download. */
  readonly download?: Download;
  /** Of the entries that count. */
  readonly prefix?: string;
  /** The model's name of an entry. */
  readonly rename?: (name: string) => string;
}

export interface PublishedWeights {
  /** `resnet18-imagenet` */
  readonly name: string;
  /** "ResNet-18, ImageNet" */
  readonly title: string;
  readonly licence: string;
  /** Where a person finds them, and what to quote. */
  readonly source: string;
  /** In the order of preference. */
  readonly forms: readonly WeightsForm[];
}

/** The ONNX zoo numbers SqueezeNet's convolutions in the order in which they are applied. */
const SQUEEZENET_1_1 = [
  'features.0',
  ...[3, 4, 6, 7, 9, 10, 11, 12].flatMap((fire) => ['squeeze', 'expand1x1', 'expand3x3'].map((part) => `features.${fire}.${part}`)),
  'classifier.1',
];
const squeezenet = (name: string): string => name.replace(/^squeezenet0_conv(\d+)_/, (_, i: string) => `${SQUEEZENET_1_1[Number(i)]}.`);

/** Gluon's names of MobileNetV2's layers. */
function mobilenet(name: string): string {
  const layer = name
    .replace('_gamma', '.weight')
    .replace('_beta', '.bias')
    .replace(/_(weight|running_mean|running_var)$/, '.$1');
  const [, block, kind, place, rest] = /^linearbottleneck(\d+)_(conv|batchnorm)(\d)(.*)$/.exec(layer) ?? [];
  if (block !== undefined) {
    const norm = kind === 'batchnorm' ? 1 : 0;
    return `features.${Number(block) + 1}.conv.${Number(place) < 2 ? `${place}.${norm}` : 2 + norm}${rest}`;
  }
  return layer.replace(
    /^(conv|batchnorm)(\d)/,
    (_, of: string, end: string) => `features.${end === '0' ? 0 : 18}.${of === 'conv' ? 0 : 1}`,
  );
}

const ultraface = (variant: 'RFB' | 'slim', sha256: string, size: number): PublishedWeights => ({
  name: `ultraface-${variant.toLowerCase()}`,
  title: `UltraFace ${variant}, a face detector for 320×240 pixels`,
  licence: 'MIT',
  source: 'https://github.com/Linzaer/Ultra-Light-Fast-Generic-Face-Detector-1MB',
  forms: [
    {
      path: `weights/ultraface/version-${variant}-320.pth`,
      download: {
        urls: [
          `https://raw.githubusercontent.com/Linzaer/Ultra-Light-Fast-Generic-Face-Detector-1MB/master/models/pretrained/version-${variant}-320.pth`,
        ],
        sha256,
        size,
      },
    },
  ],
});

export const PUBLISHED: readonly PublishedWeights[] = [
  {
    name: 'resnet18-imagenet',
    title: 'ResNet-18, ImageNet (torchvision, IMAGENET1K_V1)',
    licence: 'BSD-3-Clause; ImageNet: research use',
    source: 'https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.resnet18.html',
    forms: [
      {
        path: 'weights/resnet18-f37072fd.pth',
        download: {
          urls: ['https://download.pytorch.org/models/resnet18-f37072fd.pth'],
          sha256: 'f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec',
          size: 46_830_571,
        },
      },
    ],
  },
  {
    name: 'resnet20-cifar10',
    title: 'ResNet-20, CIFAR-10 (91.7 % on the test set)',
    licence: 'BSD-2-Clause',
    source: 'https://github.com/akamaster/pytorch_resnet_cifar10',
    forms: [
      {
        path: 'weights/resnet_cifar10/resnet20-12fca82f.th',
        download: {
          urls: ['https://raw.githubusercontent.com/akamaster/pytorch_resnet_cifar10/master/pretrained_models/resnet20-12fca82f.th'],
          sha256: '12fca82f0bebc4135bf1f32f6e3710e61d5108578464b84fd6d7f5c1b04036c8',
          size: 1_099_231,
        },
        prefix: 'module.',
      },
    ],
  },
  {
    name: 'resnet32-cifar10',
    title: 'ResNet-32, CIFAR-10 (92.6 % on the test set)',
    licence: 'BSD-2-Clause',
    source: 'https://github.com/akamaster/pytorch_resnet_cifar10',
    forms: [
      { path: 'weights/resnet_cifar10/resnet32-d509ac18.th', prefix: 'module.' },
      { path: 'weights/resnet_cifar10/resnet32_cifar10.safetensors' },
    ],
  },
  {
    name: 'squeezenet1.1-imagenet',
    title: 'SqueezeNet 1.1, ImageNet (torchvision, or the ONNX zoo)',
    licence: 'Apache-2.0 (ONNX zoo), BSD-3-Clause (torchvision); ImageNet: research use',
    source: 'https://github.com/onnx/models',
    forms: [
      { path: 'weights/squeezenet1_1-b8a52dc0.pth' },
      { path: 'weights/squeezenet1.1/squeezenet1.1_nchw.safetensors', rename: squeezenet },
    ],
  },
  {
    name: 'mobilenetv2-imagenet-features',
    title: "MobileNetV2 1.0, ImageNet, without a classifier (Gluon's variant: `mobilenetV2({ variant: 'gluon' })`)",
    licence: 'Apache-2.0; ImageNet: research use',
    source: 'https://github.com/onnx/models',
    forms: [{ path: 'weights/mobilenetv2_backbone/mobilenetv2_1.0_backbone_bn_nchw.safetensors', rename: mobilenet }],
  },
  {
    name: 'bert-base-uncased',
    title: 'BERT base, uncased',
    licence: 'Apache-2.0',
    source: 'https://huggingface.co/google-bert/bert-base-uncased',
    forms: [
      {
        path: 'weights/bert-base-uncased/model.safetensors',
        download: {
          urls: ['https://huggingface.co/google-bert/bert-base-uncased/resolve/main/model.safetensors'],
          sha256: '68d45e234eb4a928074dfd868cead0219ab85354cc53d20e772753c6bb9169d3',
          size: 440_449_768,
        },
      },
    ],
  },
  {
    name: 'clip-vit-b-32',
    title: 'CLIP ViT-B/32',
    licence: 'MIT',
    source: 'https://github.com/openai/CLIP',
    forms: [
      {
        path: 'weights/clip/ViT-B-32.pt',
        download: {
          urls: [
            'https://openaipublic.azureedge.net/clip/models/40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af/ViT-B-32.pt',
          ],
          sha256: '40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af',
          size: 353_976_522,
        },
      },
      { path: 'weights/clip-vit-base-patch32/model.safetensors' },
    ],
  },
  ultraface('RFB', 'c722b4427cc71642768baef6e15c659931b56f07425e5d2b0ec033ad41b145b3', 1_168_374),
  ultraface('slim', 'cd24abce45da5dbc7cfd8167cd3d5f955382dfc9d9ae9459f0026abd3c2e38a4', 1_091_283),
];
