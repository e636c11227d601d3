import { libraryEvent, type Video } from '@ptsdly/contract';
import { api } from './api.ts';
import { type libraryEndpoints, updateVideos } from './library.ts';

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
          showVideo(video, serverUrl, dispatch as Dispatch, getState);
          askAnew();
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

/** Puts what was told into every list that shows the video; whether it still belongs there is asked for after. */
function showVideo(video: Video, serverUrl: string, dispatch: Dispatch, getState: () => unknown): void {
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
      return { ...stretch, items: stretch.items.map((one, i) => (i === at ? video : one)) };
    });
    dispatch(patch as never);
  }
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
