import type { Plugin as EsbuildPlugin } from 'esbuild';
import type { Plugin as VitePlugin } from 'vite';
import type { Shader } from '../src/engine/ops/kernel.ts';

export declare function reflectShader(name: string, source: string): Shader;
export declare function shaderModule(path: string): Promise<string>;
export declare const wgslEsbuild: EsbuildPlugin;
export declare const wgslVite: VitePlugin;
