import { libraryEvent, type Video } from '@ptsdly/contract';
import { api } from './api.ts';
import { type libraryEndpoints, updateVideos } from './library.ts';
import { updateVideo } from './media.ts';

type Dispatch = (action: never) => unknown;

/** Changes within this time are asked for once, in milliseconds. */
const gatherFor = 400;
/** A server that sleeps answers no stream; whether it is awake is looked at again after this. */
const lookAgainAfter = 20_000;

const events = api.injectEndpoints({
  endpoints: (build) => ({
    /** Follows the owner's stream of a server while somebody looks; what it tells is in the cache of the others. */
    libraryEvents: build.query<null, string>({
      queryFn: () => ({ data: null }),
      keepUnusedDataFor: 5,
      async onCacheEntryAdded(serverUrl, { cacheEntryRemoved, dispatch, getState }) {
        let timer: ReturnType<typeof setTimeout> | undefined;
        const askAnew = () => {
          timer ??= setTimeout(() => {
            timer = undefined;
            dispatch(api.util.invalidateTags(['Videos', 'Library', 'Folders', 'Details']));
          }, gatherFor);
        };
        const show = (video: Video) => {
          const isKnown = showVideo(video, serverUrl, dispatch as Dispatch, getState);
          // What only grows stays where it is in every list.
          if (!isKnown || video.upload !== 'receiving') askAnew();
        };
        const close = followStream(`${serverUrl}/events`, { show, askAnew });
        await cacheEntryRemoved;
        clearTimeout(timer);
        close();
      },
    }),
  }),
});

export const { useLibraryEventsQuery } = events;

/**
 * Puts what was told into the video's own page and every list that shows it; whether it still belongs there is asked for
 * after. Answers whether a list has it.
 */
function showVideo(video: Video, serverUrl: string, dispatch: Dispatch, getState: () => unknown): boolean {
  dispatch(updateVideo('video', { serverUrl, id: video.id }, () => video) as never);
  let isKnown = false;
  const cached = api.util.selectCachedArgsForQuery as (
    state: unknown,
    name: string,
  ) => { serverUrl: string }[];
  for (const window of cached(getState(), 'videoWindow')) {
    if (window.serverUrl !== serverUrl) continue;
    const args = window as Parameters<typeof libraryEndpoints.videoWindow.initiate>[0];
    const patch = updateVideos('videoWindow', args, (stretch) => {
      const at = stretch.items.findIndex(({ id }) => id === video.id);
      if (at < 0) return stretch;
      isKnown = true;
      return { ...stretch, items: stretch.items.map((one, i) => (i === at ? video : one)) };
    });
    dispatch(patch as never);
  }
  return isKnown;
}

interface Heard {
  show(video: Video): void;
  askAnew(): void;
}

/** Opens the stream, and again where it was closed for good. Returns what ends it. */
function followStream(url: string, heard: Heard): () => void {
  let stream = open();
  const again = setInterval(() => {
    if (stream.readyState === EventSource.CLOSED && document.visibilityState === 'visible') stream = open();
  }, lookAgainAfter);

  function open(): EventSource {
    const opened = new EventSource(url);
    let first = true;
    const hear = ({ data }: MessageEvent<string>) => {
      const event = libraryEvent.safeParse(JSON.parse(data)).data;
      if (event?.type === 'video') heard.show(event.video);
      else if (event?.type === 'asleep') opened.close();
      else if (event?.type !== 'ready' || !first) heard.askAnew();
      first = false;
    };
    for (const type of ['ready', 'video', 'video.deleted', 'library', 'asleep'])
      opened.addEventListener(type, hear);
    return opened;
  }
  return () => {
    clearInterval(again);
    stream.close();
  };
}
