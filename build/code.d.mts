export function sourcePage(repository: string | { readonly url: string } | undefined, path: string): string | undefined;
