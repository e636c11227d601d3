/** The legal documents in force, by the version that a person accepts. A new version is asked for again. */
export const documents = { terms: '2026-11', privacy: '2026-11' } as const;

export type DocumentName = keyof typeof documents;
