import { v7 } from 'uuid';

/** A UUID of version 7 (RFC 9562 §5.7): made by us and not by the database, and sorted by time. */
export const newId = (): string => v7();
