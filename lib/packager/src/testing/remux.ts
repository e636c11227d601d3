import {
  ALL_FORMATS,
  BufferSource,
  BufferTarget,
  EncodedAudioPacketSource,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  Input,
  Mp4OutputFormat,
  Output,
} from 'mediabunny';

/** The same packets in an MP4 that another project's writer made. */
export async function remuxWithMediabunny(file: Uint8Array): Promise<Uint8Array> {
  const input = new Input({ formats: ALL_FORMATS, source: new BufferSource(file) });
  const output = new Output({ format: new Mp4OutputFormat(), target: new BufferTarget() });
  const videoTrack = await input.getPrimaryVideoTrack();
  const audioTrack = await input.getPrimaryAudioTrack();
  const videoConfig = await videoTrack?.getDecoderConfig();
  const audioConfig = await audioTrack?.getDecoderConfig();
  if (!videoTrack || !audioTrack || !videoConfig || !audioConfig) throw new Error('needs video and sound');
  const video = new EncodedVideoPacketSource('avc');
  const audio = new EncodedAudioPacketSource('aac');
  output.addVideoTrack(video);
  output.addAudioTrack(audio);
  await output.start();
  await Promise.all([
    copy(new EncodedPacketSink(videoTrack), (packet) => video.add(packet, { decoderConfig: videoConfig })),
    copy(new EncodedPacketSink(audioTrack), (packet) => audio.add(packet, { decoderConfig: audioConfig })),
  ]);
  video.close();
  audio.close();
  await output.finalize();
  return new Uint8Array(output.target.buffer ?? new ArrayBuffer(0));
}

type Packet = NonNullable<Awaited<ReturnType<EncodedPacketSink['getFirstPacket']>>>;

async function copy(sink: EncodedPacketSink, add: (packet: Packet) => Promise<void>): Promise<void> {
  for await (const packet of sink.packets()) if (packet.timestamp >= 0) await add(packet);
}
