/**
 * The host's transcoder: tasks of a closed vocabulary become sandboxed ffmpeg processes, under slots that the media
 * servers of a machine share fairly.
 *
 * @example
 * const broker = openBroker({ scratch: '/data/servers/.transcode', log });
 * for await (const line of broker.run({ serverId, folder, task, signal })) console.log(line.state);
 */
export { type Broker, type BrokerJob, type BrokerOptions, openBroker } from './broker.ts';
export { type EncoderName, encoderNames } from './encoder.ts';
export type { Log } from './log.ts';
