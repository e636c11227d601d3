/** One picture quality of what plays. */
export interface Quality {
  readonly id: number;
  /** Lines of the picture. */
  readonly height: number;
  /** Bits a second. */
  readonly bitrate: number;
  /** The bytes as they were uploaded. */
  readonly isOriginal: boolean;
}

export interface Sound {
  readonly id: number;
  readonly name: string;
  readonly language: string | null;
}

/** What a source offers to choose from, and what is chosen. */
export interface Streams {
  /** Best first. */
  readonly qualities: readonly Quality[];
  /** Null: chosen by the speed of the line. */
  readonly quality: number | null;
  /** Lines of the picture that is on the screen now. */
  readonly shownHeight: number | null;
  readonly sounds: readonly Sound[];
  readonly sound: number;
}

/** A source that plays. */
export interface Source {
  chooseQuality(id: number | null): void;
  chooseSound(id: number): void;
  /** There is more of the video than there was: a player that waits for it looks now. */
  grown(): void;
  stop(): void;
}

export const noStreams: Streams = { qualities: [], quality: null, shownHeight: null, sounds: [], sound: -1 };
