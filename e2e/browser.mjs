// Starts Chromium, and opens pages in it. Each page that `open` returns has its own browser context.

import { chromium } from "playwright-core";

export const PATIENCE = 60_000; // milliseconds that a busy machine may take for one step

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium-headless-shell",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
  timeout: PATIENCE,
});

export const close = () => browser.close();

/** Opens the start page of `url` in a new browser context, which shares nothing and is closed after the test `t`. */
export async function open(t, url, options = {}) {
  const context = await browser.newContext({ baseURL: url, ...options });
  t.after(() => context.close());
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  await page.goto("/");
  return page;
}

/** Returns the only cookie that the browser holds, or undefined. Throws if there is more than one cookie. */
export async function sessionCookie(page) {
  const [cookie, ...others] = await page.context().cookies();
  if (others.length > 0) throw new Error(`more than one cookie: ${others.map(({ name }) => name)}`);
  return cookie;
}

/** Adds a form with these hidden fields to the page, submits it to `url`, and returns the response. */
export async function post(page, url, fields) {
  const response = page.waitForNavigation();
  await page.evaluate(
    ([url, fields]) => {
      const form = Object.assign(document.createElement("form"), { method: "post", action: url });
      for (const [name, value] of Object.entries(fields)) {
        form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
      }
      document.body.append(form);
      form.submit();
    },
    [url, fields],
  );
  return response;
}
