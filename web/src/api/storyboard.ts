/** One picture along a video: its part of a sheet, in pixels. */
export interface StoryboardPicture {
  readonly sheet: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The pictures of a list of thumbnails in WebVTT, as our servers write it, in order. Lines it does not know are left out. */
export function parseStoryboard(text: string, base: string): StoryboardPicture[] {
  return text.split('\n').flatMap((line) => {
    const found = /^(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)$/.exec(line.trim());
    if (!found) return [];
    const [x = 0, y = 0, width = 0, height = 0] = found.slice(2).map(Number);
    return [{ sheet: new URL(found[1] ?? '', base).href, x, y, width, height }];
  });
}
