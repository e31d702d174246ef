import type { DownloadRequest } from '../../platform.ts';

export interface PublishedTokenizer {
  readonly name: string;
  readonly title: string;
  readonly licence: string;
  /** Under the data folder, any one of them. */
  readonly paths: readonly string[];
  readonly download: DownloadRequest;
}

export const PUBLISHED_TOKENIZERS: readonly PublishedTokenizer[] = [
  {
    name: 'clip',
    title: "CLIP's tokenizer, 49,408 tokens",
    licence: 'MIT',
    paths: [
      'clip/bpe_simple_vocab_16e6.txt.gz',
      'weights/clip/bpe_simple_vocab_16e6.txt.gz',
      'weights/clip-vit-base-patch32/tokenizer.json',
    ],
    download: {
      path: 'clip/bpe_simple_vocab_16e6.txt.gz',
      urls: ['https://raw.githubusercontent.com/openai/CLIP/main/clip/bpe_simple_vocab_16e6.txt.gz'],
      sha256: '924691ac288e54409236115652ad4aa250f48203de50a9e4722a6ecd48d6804a',
      size: 1_356_917,
    },
  },
  {
    name: 'bert-base-uncased',
    title: "BERT's tokenizer in lower case, 30,522 tokens",
    licence: 'Apache-2.0',
    paths: ['vocab.txt', 'tokenizer.json'].flatMap((file) =>
      ['bert-base-uncased', 'bert_uncased_vocab'].map((folder) => `weights/${folder}/${file}`),
    ),
    download: {
      path: 'weights/bert-base-uncased/vocab.txt',
      urls: ['https://huggingface.co/google-bert/bert-base-uncased/resolve/main/vocab.txt'],
      sha256: '07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3',
      size: 231_508,
    },
  },
];
