// Actions of a visitor in examples/guestbook, and what the pages show.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { sessionCookie } from "./browser.mjs";
import { startWith } from "./server.mjs";

const program = process.env.GUESTBOOK;
// All guestbooks share one secret, as the servers of one site do.
process.env.SESSION_SECRET = randomBytes(32).toString("hex");

export const skip = !program && "GUESTBOOK, the path of the built example, is not set";

/** Starts a guestbook. Without `--store`, its sessions are in a temporary file of its own. */
export const open = (...options) => openWith({}, ...options);

/** Starts a guestbook whose sessions are in encrypted cookies. */
export const openWithCookies = (...options) => open("--store", "cookie", ...options);

/** Starts a guestbook with these additional environment variables. */
export const openWith = (variables, ...options) => startWith(variables, program, "--port", "0", ...options);

/**
 * Starts a guestbook with a new secret. Its retired secret is the secret of the other guestbooks, so the new guestbook
 * accepts their cookies.
 */
export function openWithNewSecret(...options) {
  const [SESSION_SECRET, RETIRED_SESSION_SECRET] = [randomBytes(32).toString("hex"), process.env.SESSION_SECRET];
  return openWith({ SESSION_SECRET, RETIRED_SESSION_SECRET }, ...options);
}

/** Creates a folder that is removed at the end of the test `t`. */
export async function newFolder(t) {
  const folder = await mkdtemp(join(tmpdir(), "guestbook-"));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

/** Presses a button of a form and waits for the next page. */
export async function press(page, name) {
  const answer = page.waitForEvent("domcontentloaded");
  await page.getByRole("button", { name, exact: true }).click();
  await answer;
}

export async function signIn(page, name) {
  await page.goto("/account/sign-in");
  await page.getByLabel("Your name").fill(name);
  await press(page, "Sign in");
  assert.equal(await user(page), name);
}

export async function sign(page, text) {
  await page.goto("/");
  await page.getByLabel("Your entry").fill(text);
  await press(page, "Sign the book");
  assert.equal((await entries(page))[0], text);
}

/** Adds padding to the session. `page` must show the session inspector. */
export async function fill(page, bytes) {
  await page.getByLabel("Bytes of padding").fill(String(bytes));
  await press(page, "Fill");
}

/** Returns the name of the signed-in user, or null. */
export const user = async (page) => (await page.locator("[data-test=user]").allTextContents())[0] ?? null;
export const messages = (page) => page.locator("[data-test=flash]").allTextContents();
export const sessions = (page) => page.locator("[data-test=session]").allTextContents();
export const entries = (page) => page.locator(".entry p").allTextContents();
export const verdict = (page) => page.locator("[data-test=verdict] strong").textContent();
export const verdictText = (page) => page.locator("[data-test=verdict]").textContent();
export const payload = (page) => page.locator("[data-test=payload]").textContent();
export const keyId = (page) => page.locator("[data-test=key-id]").textContent();
export const token = (page) => page.locator("[name=csrf_token]").first().inputValue();
export const saysTooLarge = (page) => page.locator("[data-test=too-large]").isVisible();

/** Returns three numbers of the session inspector: the cookie's length, its maximum length, and the free bytes. */
export async function room(page) {
  const meter = page.locator("[data-test=bytes]");
  const free = await page.locator("[data-test=free]").textContent();
  return [await meter.getAttribute("value"), await meter.getAttribute("max"), free].map(Number);
}

/**
 * Checks that the session has space for as many bytes as the session inspector says, that the browser keeps the full
 * cookie, and that one more byte is refused.
 */
export async function assertFillsToTheLimit(page) {
  const name = await user(page);
  await page.goto("/session");
  const [, limit, free] = await room(page);
  assert.equal(limit, 4064);
  await fill(page, free);
  assert.equal((await sessionCookie(page)).value.length, 4064);
  assert.deepEqual(await room(page), [4064, 4064, 0], "the browser sends the full cookie back");

  const full = await sessionCookie(page);
  await fill(page, 1);
  assert.ok(await saysTooLarge(page));
  assert.deepEqual(await sessionCookie(page), full, "the browser keeps its cookie");
  await page.goto("/session");
  assert.deepEqual([await user(page), await room(page)], [name, [4064, 4064, 0]]);

  await press(page, "Remove padding");
  assert.equal(await user(page), name);
  assert.ok((await sessionCookie(page)).value.length < 4064 - free);
}
