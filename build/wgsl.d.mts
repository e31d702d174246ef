import type { Plugin as EsbuildPlugin } from 'esbuild';
import type { Plugin as VitePlugin } from 'vite';
import type { Shader } from '../src/engine/ops/kernel.ts';

export declare function readShader(path: string): Promise<{ shader: Shader; library: string[] }>;
export declare function reflectShader(name: string, source: string, library?: readonly string[]): Shader;
export declare function shaderModule(path: string): Promise<string>;
export declare const wgslEsbuild: EsbuildPlugin;
export declare const wgslVite: VitePlugin;
