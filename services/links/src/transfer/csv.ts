type Cell = string | number | boolean | null | undefined;

/** What a spreadsheet would take for a formula (CWE-1236). */
const FORMULA = /^[=+\-@\t\r]/;

/** A table as CSV (RFC 4180), with a byte order mark, by which Excel knows UTF-8. */
export function csvOf(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return `\uFEFF${[head, ...rows].map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}

/** A cell that begins like a formula gets an apostrophe, which `plain` takes away again. */
function cell(value: Cell): string {
  if (typeof value !== 'string') return value === null || value === undefined ? '' : String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export const plain = (text: string): string => (/^'[=+\-@\t\r]/.test(text) ? text.slice(1) : text);
