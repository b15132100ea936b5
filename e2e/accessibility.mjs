// Accessibility checks: axe's rules, and no horizontal scrolling.

import assert from "node:assert/strict";
import axe from "axe-core";

/** Checks labels, headings, landmarks, the language, contrast and the rest of axe's rules. */
export async function assertAccessible(page) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => axe.run({ resultTypes: ["violations"] }));
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} ${target}: ${failureSummary}`),
  );
  assert.deepEqual(found, [], page.url());
}

/** Checks that nothing is wider than the screen, so that no user has to scroll sideways. */
export async function assertNoSidewaysScrolling(page) {
  const [content, screen] = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return [scrollWidth, clientWidth];
  });
  assert.ok(content <= screen, `${page.url()}: ${content} pixels of content must fit on a screen of ${screen}`);
}
