import { renderSVG } from 'uqr';

/** The address of a link as a QR code (ISO/IEC 18004, error correction M), with its quiet zone. */
export function qrSvg(url: string): string {
  return renderSVG(url, { ecc: 'M', border: 4 });
}
