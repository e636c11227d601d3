/** The names in a line, each once: commas and line ends stand between them. At most 50, as the contract has it. */
export const recipientsOf = (text: string): string[] =>
  [
    ...new Set(
      text
        .split(/[,;、，\n]/)
        .map((name) => name.trim().slice(0, 120))
        .filter(Boolean),
    ),
  ].slice(0, 50);

/** Origins in a text, one a word; undefined where one of them is none. */
export function originsOf(text: string): string[] | undefined {
  const words = text.split(/[\s,]+/).filter(Boolean);
  const origins = words.map((word) => {
    const url = word.includes('://') ? word : `https://${word}`;
    if (!URL.canParse(url)) return undefined;
    const { protocol, host, origin } = new URL(url);
    return /^https?:$/.test(protocol) && host ? origin : undefined;
  });
  return origins.includes(undefined) ? undefined : (origins as string[]);
}
