import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** A rule that a page breaks, and where. */
export interface Violation {
  readonly rule: string;
  readonly where: readonly string[];
}

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string | null;
    readonly nodes: readonly { readonly target: readonly unknown[]; readonly failureSummary?: string }[];
  }[];
}

/** What axe-core (WCAG 2.2 A and AA, best practices) calls serious or critical on the page as it is now. */
export async function seriousViolations(page: Page): Promise<Violation[]> {
  // by evaluation, not as a script element, which the page's content policy would refuse
  await page.evaluate(source);
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run(): Promise<AxeResult> } }).axe.run(),
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ nodes, ...rest }) => ({
      ...rest,
      nodes: nodes.filter((node) => !isSpoken(rest.id, node.target)),
    }))
    .filter(({ nodes }) => nodes.length > 0)
    .map(({ id, nodes }) => ({
      rule: id,
      where: nodes.map(({ target, failureSummary }) => `${JSON.stringify(target)} ${failureSummary ?? ''}`),
    }));
}

/**
 * Controls of media-chrome draw `0:01` or a `10` and are called "1 second" and "seek back 10 seconds": the same in words,
 * as it should be heard.
 */
const isSpoken = (rule: string, target: readonly unknown[]) =>
  rule === 'label-content-name-mismatch' && /media-(time-display|seek-\w+-button)/.test(target.flat().join());
