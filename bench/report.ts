/** What one case of a benchmark came to. Values in SI units; rates and costs per second of processor time. */
export interface Measurement {
  readonly case: string;
  readonly value: number;
  /** `s`, `B`, `request/cpu-s` … */
  readonly unit: string;
  /** What nothing can beat here, measured in the same run, in the same unit. */
  readonly limit?: { readonly name: string; readonly value: number };
  /** What the figure was measured under, beside the machine. */
  readonly conditions: Readonly<Record<string, string | number>>;
}

/** The machine and the revision, which every line of a run shares. */
export type Conditions = Readonly<Record<string, string | number>>;

export interface Report {
  /** The figures of one benchmark, in order. */
  add(bench: string, measurements: readonly Measurement[]): void;
}

/** One JSON object a line, for programs. */
export function jsonReport(machine: Conditions, print: (line: string) => void): Report {
  return {
    add(bench, measurements) {
      for (const { limit, conditions, ...measurement } of measurements) {
        const compared = limit && {
          limitName: limit.name,
          limit: significant(limit.value),
          ratio: significant(measurement.value / limit.value, 3),
        };
        const value = significant(measurement.value);
        print(
          JSON.stringify({
            bench,
            ...measurement,
            value,
            ...compared,
            conditions: { ...machine, ...conditions },
          }),
        );
      }
    },
  };
}

const COLUMNS = [14, 18, 26, 42, 6] as const;

/** A table for people; what each figure was measured under stands below its benchmark. */
export function tableReport(machine: Conditions, print: (line: string) => void): Report {
  print(`PTSD.ly benchmarks: ${describe(machine)}\n`);
  print(row(['bench', 'case', 'value', 'limit', 'ratio']));
  print(row(COLUMNS.map((width) => '-'.repeat(width))));
  return {
    add(bench, measurements) {
      for (const { case: name, value, unit, limit } of measurements) {
        const compared = limit
          ? [`${limit.name}: ${readable(limit.value)}`, (value / limit.value).toFixed(2)]
          : [];
        print(row([bench, name, `${readable(value)} ${unit}`, ...compared]));
      }
      for (const note of notes(measurements)) print(`  ${note}`);
    },
  };
}

/** Cases with the same conditions share a line. */
function notes(measurements: readonly Measurement[]): string[] {
  const cases = new Map<string, string[]>();
  for (const { case: name, conditions } of measurements) {
    const text = describe(conditions);
    cases.set(text, [...(cases.get(text) ?? []), name]);
  }
  return [...cases].map(([text, names]) => `${names.join(', ')}: ${text}`);
}

const describe = (conditions: Conditions) =>
  Object.entries(conditions)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');

const row = (cells: readonly string[]) =>
  cells
    .map((cell, i) => cell.padEnd(COLUMNS[i] ?? 0))
    .join('  ')
    .trimEnd();

const readable = (value: number) => significant(value, 3).toLocaleString('en', { maximumFractionDigits: 6 });

/** More digits than a noisy machine can give are no information. */
const significant = (value: number, digits = 4) => Number(value.toPrecision(digits));

/** The middle of several runs, which one bad run does not move. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Linear between neighbours. Throws on no values. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  if (sorted.length === 0) throw new RangeError('there is no quantile of nothing');
  const at = (sorted.length - 1) * q;
  const low = sorted[Math.floor(at)] as number;
  const high = sorted[Math.ceil(at)] as number;
  return low + (high - low) * (at - Math.floor(at));
}
