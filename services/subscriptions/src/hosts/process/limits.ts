/** What a shell sets before it becomes a media server. */
export interface Limits {
  /** Bytes that one file may have (RLIMIT_FSIZE). */
  readonly fileBytes: number;
  /** Files that take the number of the process (control groups); none where the machine has none. */
  readonly groups: readonly string[];
}

/** Bytes of memory of its own (RLIMIT_DATA), where no control group bounds it. Address space is no measure of Node. */
const DATA_BYTES = 4 * 1024 * 1024 * 1024;
/** Room for the database, the spool and what else is not counted against the quota. */
const SPARE_BYTES = 4 * 1024 * 1024 * 1024;

export const fileBytesOf = (quotaBytes: number): number => quotaBytes + SPARE_BYTES;

/** The line on its standard input for which it waits. */
export const GO = 'go';

/** argv that waits until it is told to go, enters the groups, takes on the limits (POSIX, ulimit; blocks of 512 bytes) and becomes `command`. */
export function limited(command: readonly string[], { fileBytes, groups }: Limits): string[] {
  const enter = groups.map((_, i) => `echo $$ > "$${i + 1}" || :`);
  const bounds = groups.length > 0 ? [] : [`ulimit -d ${Math.ceil(DATA_BYTES / 1024)} 2>/dev/null || :`];
  const script = [
    `read ${GO} || exit 1`, // who has started it died before it was noted
    'exec < /dev/null',
    ...enter,
    ...(groups.length > 0 ? [`shift ${groups.length}`] : []),
    ...['ulimit -c 0', `ulimit -f ${Math.ceil(fileBytes / 512)}`],
    ...bounds,
    `exec ${groups.length > 0 ? '' : 'nice -n 5 '}"$@"`,
  ];
  return ['/bin/sh', '-c', script.join('; '), 'sh', ...groups, ...command];
}
