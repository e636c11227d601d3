const MAX_CHARACTERS = 200;

/** UTF-8 text of a file as one line for people: control characters dropped, not too long; nothing when none is left. */
export function plainText(bytes: Uint8Array): string | undefined {
  const text = new TextDecoder().decode(bytes).replaceAll(/[\p{Cc}\p{Cf}\p{Co}\ufffd]+/gu, ' ');
  return text.trim().slice(0, MAX_CHARACTERS) || undefined;
}
