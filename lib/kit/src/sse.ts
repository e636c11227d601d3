/** One event of a stream: `event:` and `data:` (HTML Living Standard §9.2). */
export interface SseEvent {
  readonly event: string;
  readonly data: unknown;
}

const HEARTBEAT_MS = 15_000;

/** An event stream; a comment line every 15 s keeps proxies from closing it. Ends with the request or the source. */
export function eventStream(source: AsyncIterable<SseEvent>, signal: AbortSignal): Response {
  const encoder = new TextEncoder();
  let timer: NodeJS.Timeout | undefined;
  const iterator = source[Symbol.asyncIterator]();
  const stop = () => {
    clearInterval(timer);
    void iterator.return?.();
  };
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const send = (text: string) => {
        try {
          controller.enqueue(encoder.encode(text));
        } catch {
          stop(); // the reader is gone
        }
      };
      send(': hello\n\n');
      timer = setInterval(() => send(': \n\n'), HEARTBEAT_MS);
      signal.addEventListener('abort', stop, { once: true });
      const pump = async () => {
        for (;;) {
          const next = await iterator.next();
          if (next.done) break;
          send(`event: ${next.value.event}\ndata: ${JSON.stringify(next.value.data)}\n\n`);
        }
      };
      void pump()
        .catch(() => undefined)
        .finally(() => {
          stop();
          try {
            controller.close();
          } catch {
            // already cancelled by its reader
          }
        });
    },
    cancel: stop,
  });
  return new Response(body, {
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
  });
}
