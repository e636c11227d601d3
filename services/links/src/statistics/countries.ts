import { readFile } from 'node:fs/promises';
import { type CountryResponse, Reader } from 'mmdb-lib';

/** Tells the country of an address; the address goes no further. */
export type CountryOf = (address: string) => string | undefined;

/**
 * Reads a database of addresses on this machine (MaxMind DB format 2.0, e. g. GeoLite2-Country or DB-IP Lite). Without
 * one no country is known. Rejects with a plain sentence when the file cannot be read.
 */
export async function openCountries(path: string | undefined): Promise<CountryOf> {
  if (path === undefined) return () => undefined;
  const file = await readFile(path).catch((cause: unknown) => {
    throw new Error(`the database of countries ${path} cannot be read`, { cause });
  });
  const reader = readerOf(file, path);
  return (address) => {
    try {
      const code = reader.get(address)?.country?.iso_code;
      return code && /^[A-Z]{2}$/.test(code) ? code : undefined;
    } catch {
      return undefined; // no address, or one of the other family
    }
  };
}

function readerOf(file: Buffer, path: string): Reader<CountryResponse> {
  try {
    return new Reader<CountryResponse>(file);
  } catch (cause) {
    throw new Error(`${path} is no MaxMind database`, { cause });
  }
}
