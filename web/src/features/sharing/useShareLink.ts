import type { Link, Video } from '@ptsdly/contract';
import { useEffect, useRef, useState } from 'react';
import { useCreateLinkMutation, useLinksQuery } from '../../api/links.ts';
import type { AnyProblem } from '../../api/problem.ts';

interface ShareLink {
  readonly links: readonly Link[];
  /** The one that was chosen, or the newest that opens now or later. */
  readonly link: Link | undefined;
  readonly isMaking: boolean;
  readonly problem: AnyProblem | undefined;
  readonly make: () => void;
  readonly choose: (id: string) => void;
}

/** The links of a video. The first is made without being asked for: sharing is one tap. */
export function useShareLink(serverId: string, video: Pick<Video, 'id'>): ShareLink {
  const { data: links, error } = useLinksQuery(video.id, { refetchOnMountOrArgChange: true });
  const [create, created] = useCreateLinkMutation();
  const asked = useRef(false);
  const [chosen, choose] = useState<string>();
  const make = () => {
    choose(undefined);
    void create({ serverId, videoId: video.id });
  };
  const none = links !== undefined && !links.some(isAlive);
  useEffect(() => {
    if (links === undefined || asked.current) return;
    asked.current = true;
    if (none) void create({ serverId, videoId: video.id });
  }, [links, none, create, serverId, video.id]);
  return {
    links: links ?? [],
    link: links?.find(({ id }) => id === chosen) ?? links?.find(isAlive),
    isMaking: created.isLoading || (links === undefined && !error),
    problem: error ?? created.error,
    make,
    choose,
  };
}

const isAlive = ({ state }: Link) => state === 'open' || state === 'scheduled';
