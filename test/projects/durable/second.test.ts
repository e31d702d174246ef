import { durable, third } from './durable.ts';

durable(third(1));
