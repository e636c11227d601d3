import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const source = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** What axe-core (WCAG 2.2 A and AA, best practices) finds on a page that is serious or critical, in words. */
export async function seriousViolations(page: Page): Promise<readonly string[]> {
  await page.evaluate(await source); // by the debugger, which our content policy does not stop
  // what moves has no colour that could be judged
  await page.evaluate(() =>
    Promise.all(document.getAnimations().map(({ finished }) => finished.catch(() => 0))),
  );
  const violations = await page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: { run(context: object): Promise<{ violations: Violation[] }> };
    };
    // React Aria's announcer holds words for a moment by an image without any
    return (await axe.run({ exclude: [['[data-live-announcer]']] })).violations;
  });
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes
        .filter(({ html }) => !isSpoken(id, html))
        .map((node) => `${id}: ${node.html.slice(0, 200)} ${node.failureSummary}`),
    );
}

/**
 * Controls of media-chrome draw `0:01` or a `10` and are called "1 second" and "seek back 10 seconds": the same in words,
 * as it should be heard.
 */
const isSpoken = (rule: string, html: string) =>
  rule === 'label-content-name-mismatch' && /^<media-(time-display|seek-\w+-button)/.test(html);
