/**
 * Comes before everything else. The schemas of the contract would otherwise try whether they may compile
 * themselves, which our content policy forbids and reports.
 */
Object.assign(globalThis, { __zod_globalConfig: { jitless: true } });

export {};
