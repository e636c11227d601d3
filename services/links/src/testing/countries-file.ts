type Value = string | number | { readonly [name: string]: Value } | readonly Value[];

const RECORD_BITS = 24;

/** A tiny MaxMind database (format 2.0): a tree of IPv6 prefixes and their countries, written as the format says. */
export function countriesFile(networks: readonly (readonly [bits: string, country: string])[]): Buffer {
  const countries = [...new Set(networks.map(([, country]) => country))];
  const data: Buffer[] = [];
  const offsets = new Map<string, number>();
  for (const country of countries) {
    offsets.set(country, Buffer.concat(data).length);
    data.push(encoded({ country: { iso_code: country } }));
  }
  const nodes: [number, number][] = [[0, 0]];
  const leaf = new Map<string, string>();
  for (const [bits, country] of networks) insert(nodes, leaf, bits, country);
  const count = nodes.length;
  const tree = Buffer.alloc((count * RECORD_BITS * 2) / 8);
  for (const [at, children] of nodes.entries()) {
    for (const side of [0, 1] as const) {
      const country = leaf.get(`${at}/${side}`);
      const value =
        country === undefined ? children[side] || count : count + 16 + (offsets.get(country) ?? 0);
      tree.writeUIntBE(value, (at * 2 + side) * 3, 3);
    }
  }
  const metadata = encoded({
    node_count: count,
    record_size: RECORD_BITS,
    ip_version: 6,
    database_type: 'Test-Country',
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1,
    languages: ['en'],
    description: { en: 'test' },
  });
  const marker = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');
  return Buffer.concat([tree, Buffer.alloc(16), ...data, marker, metadata]);
}

/** The bits of an IPv4 prefix of whole bytes where IPv6 trees have them, below `::`. */
export const v4Prefix = (...bytes: readonly number[]): string =>
  '0'.repeat(96) + bytes.map((byte) => byte.toString(2).padStart(8, '0')).join('');

function insert(nodes: [number, number][], leaf: Map<string, string>, bits: string, country: string): void {
  let node = 0;
  for (const [at, bit] of [...bits].entries()) {
    const side = bit === '1' ? 1 : 0;
    if (at === bits.length - 1) leaf.set(`${node}/${side}`, country);
    else {
      const children = nodes[node] as [number, number];
      if (children[side] === 0) children[side] = nodes.push([0, 0]) - 1;
      node = children[side];
    }
  }
}

function encoded(value: Value): Buffer {
  if (typeof value === 'string') return Buffer.concat([control(2, value.length), Buffer.from(value)]);
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return Buffer.concat([control(6, 4), bytes]);
  }
  if (Array.isArray(value)) return Buffer.concat([Buffer.from([value.length, 4]), ...value.map(encoded)]);
  const entries = Object.entries(value);
  return Buffer.concat([control(7, entries.length), ...entries.flat().map((part) => encoded(part as Value))]);
}

const control = (type: number, size: number) => Buffer.from([(type << 5) | size]);
