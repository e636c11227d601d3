import { Problem } from '@ptsdly/contract';

/** Where a page ended: the value it was sorted by, and the id that breaks ties. */
export interface Position {
  readonly value: string | number;
  readonly id: string;
}

export const writeCursor = ({ value, id }: Position): string =>
  Buffer.from(JSON.stringify([value, id])).toString('base64url');

/** Rejects with `invalid_fields` what is no cursor of ours. */
export function readCursor(cursor: string): Position {
  try {
    const [value, id] = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as unknown[];
    if ((typeof value === 'string' || typeof value === 'number') && typeof id === 'string')
      return { value, id };
  } catch {
    // told below
  }
  throw new Problem('invalid_fields', { errors: [{ field: 'query.cursor', message: 'not a cursor' }] });
}
