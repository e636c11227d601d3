import type { WebhookDelivery } from '@ptsdly/contract';

type Event = WebhookDelivery['event'];
type Key<E extends string> = E extends `${infer A}.${infer B}` ? `${A}_${B}` : E;

/** An event's name in the catalogues, where a dot means something else. */
export const eventKey = <E extends Event>(event: E): Key<E> => event.replace('.', '_') as Key<E>;
