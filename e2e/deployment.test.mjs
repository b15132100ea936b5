// examples/pyramid-and-axum: one site, one session, two applications.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

import { assertAccessible, assertNoSidewaysScrolling } from "./accessibility.mjs";
import * as browser from "./browser.mjs";
import { start } from "./server.mjs";

const python = process.env.SIGNED_SESSION_PYTHON;
// The path of the built example. Without it, run.py builds the example with Cargo.
const axum = process.env.PYRAMID_AND_AXUM;
const run = fileURLToPath(new URL("../examples/pyramid-and-axum/run.py", import.meta.url));

after(browser.close);

describe("Pyramid and axum behind one nginx", { skip: !python && "SIGNED_SESSION_PYTHON is not set" }, () => {
  let site;
  before(async () => (site = await start(python, run, "--port", "0", ...(axum ? ["--axum", axum] : []))));
  after(() => site?.stop());

  const visit = (t, options) => browser.open(t, site.url, options);
  const servedBy = (page) => page.textContent("footer b");
  const user = async (page) => (await page.isVisible(".user b")) ? page.textContent(".user b") : null;
  const flash = (page) => page.$$eval(".flash", (all) => all.map((one) => [one.classList[1], one.textContent]));
  const token = (page) => page.locator("[name=csrf_token]").first().inputValue();
  const press = (page, name) => page.getByRole("button", { name, exact: true }).click();

  async function signIn(page, name) {
    await page.goto("/sign-in");
    await page.getByLabel("Your name").fill(name);
    await press(page, "Sign in");
    await page.waitForURL("/orders");
  }

  async function order(page, item) {
    await page.goto("/");
    await page.getByLabel("What would you like?").fill(item);
    await press(page, "Order");
    await page.waitForURL("/");
    await page.waitForSelector(".flash");
  }

  async function assertSignedOut(page) {
    for (const [path, side] of [["/", "Pyramid"], ["/orders", "axum"]]) {
      await page.goto(path);
      assert.deepEqual([await servedBy(page), await user(page)], [side, null]);
    }
  }

  test("a sign-in to Pyramid signs in to axum, which shows Pyramid's message once", async (t) => {
    const page = await visit(t);
    await assertSignedOut(page);

    const name = "Zoë <茶> & 'Co' \u{1F375}";
    await signIn(page, name);
    assert.equal(await servedBy(page), "axum");
    assert.equal(await user(page), name);
    assert.deepEqual(await flash(page), [["success", `Pyramid welcomes ${name}`]]);

    await page.reload();
    assert.equal(await user(page), name);
    assert.deepEqual(await flash(page), []);
    await page.goto("/");
    assert.deepEqual([await servedBy(page), await user(page)], ["Pyramid", name]);
    assert.deepEqual(await flash(page), []);
  });

  test("axum accepts Pyramid's form, and Pyramid shows axum's message and data", async (t) => {
    const page = await visit(t);
    await signIn(page, "Ada");
    await order(page, "Earl Grey, “hot”");
    assert.equal(await servedBy(page), "Pyramid");
    assert.deepEqual(await flash(page), [["success", "axum has taken your order"]]);
    assert.equal(await page.textContent("main p:has-text('Orders so far') b"), "1");
    await order(page, "Milk");
    assert.equal(await page.textContent("main p:has-text('Orders so far') b"), "2");

    await page.goto("/orders");
    assert.deepEqual(await page.locator("li").allTextContents(), ["Earl Grey, “hot”", "Milk"]);
    assert.deepEqual(await flash(page), [], "Pyramid has already shown the message");
  });

  test("Pyramid accepts axum's form, and axum shows Pyramid's message and changes", async (t) => {
    const page = await visit(t);
    await signIn(page, "Ada");
    await order(page, "Milk");
    await page.goto("/orders");
    await page.getByLabel("Your name").fill("Countess Lovelace");
    await press(page, "Change");
    await page.waitForSelector(".flash");
    assert.equal(await servedBy(page), "axum");
    assert.equal(await user(page), "Countess Lovelace");
    assert.deepEqual(await flash(page), [["info", "Pyramid has changed your name"]]);
    assert.deepEqual(await page.locator("li").allTextContents(), ["Milk"], "Pyramid keeps untouched entries");
  });

  test("both sides use the same token and refuse a form with an empty or a wrong token", async (t) => {
    const page = await visit(t);
    await signIn(page, "Ada");
    const given = await token(page);
    await page.goto("/");
    assert.match(given, /^[0-9a-f]{40}$/);
    assert.equal(await token(page), given);

    for (const csrf_token of ["", given.replace(/^./, (c) => (c === "0" ? "1" : "0"))]) {
      const axum = await browser.post(page, "/orders", { item: "Poison", csrf_token });
      assert.equal(axum.status(), 403);
      await page.goto("/");
      const pyramid = await browser.post(page, "/rename", { user: "Eve", csrf_token });
      assert.equal(pyramid.status(), 400);
      await page.goto("/");
    }
    assert.equal(await user(page), "Ada");
    await page.goto("/orders");
    assert.deepEqual(await page.locator("li").allTextContents(), ["Nothing yet"]);
  });

  test("a token from before the sign-in is refused after it, and Pyramid shows axum's error", async (t) => {
    const page = await visit(t);
    await page.goto("/sign-in");
    const early = await token(page);
    await browser.post(page, "/orders", { item: "Milk", csrf_token: early });
    assert.equal(new URL(page.url()).pathname, "/sign-in");
    assert.deepEqual(await flash(page), [["error", "Sign in first"]]);

    await signIn(page, "Ada");
    assert.notEqual(await token(page), early);
    const late = await browser.post(page, "/orders", { item: "Milk", csrf_token: early });
    assert.equal(late.status(), 403, "an attacker who planted the session cannot use its token after the sign-in");
  });

  for (const [from, side, lands] of [["/", "Pyramid", "axum"], ["/orders", "axum", "Pyramid"]]) {
    test(`a sign-out from ${side} signs out of both`, async (t) => {
      const page = await visit(t);
      await signIn(page, "Ada");
      await page.goto(from);
      assert.equal(await servedBy(page), side);
      await press(page, "Sign out");
      await page.waitForSelector(".flash");
      assert.equal(await servedBy(page), lands);
      assert.deepEqual(await flash(page), [["info", `${side} has signed you out`]]);
      await assertSignedOut(page);
    });
  }

  test("a forged cookie signs in on neither side", async (t) => {
    const page = await visit(t);
    await signIn(page, "Ada");
    const cookie = await browser.sessionCookie(page);
    const last = cookie.value.length - 5;
    const other = cookie.value[last] === "A" ? "B" : "A";
    const value = cookie.value.slice(0, last) + other + cookie.value.slice(last + 1);
    await page.context().addCookies([{ ...cookie, value }]);
    await assertSignedOut(page);
  });

  test("a session of almost 4 KiB passes through nginx from either side", async (t) => {
    const page = await visit(t);
    await signIn(page, "Ada");
    await order(page, "x".repeat(2700));
    assert.equal(await servedBy(page), "Pyramid");
    const { value } = await browser.sessionCookie(page);
    assert.ok(value.length > 3700, `${value.length} characters are too few to test nginx`);
    await page.goto("/orders");
    assert.equal(await servedBy(page), "axum");
    assert.deepEqual(await page.locator("li").allTextContents(), ["x".repeat(2700)]);
    await page.goto("/");
    assert.equal(await page.textContent("main p:has-text('Orders so far') b"), "1");
  });

  test("scripts cannot read the cookie", async (t) => {
    const page = await visit(t);
    for (const path of ["/sign-in", "/orders"]) {
      await page.goto(path);
      assert.equal((await browser.sessionCookie(page)).httpOnly, true);
      assert.equal(await page.evaluate(() => document.cookie), "");
    }
  });

  test("the pages of both sides are accessible on a phone", async (t) => {
    const page = await visit(t, { viewport: { width: 390, height: 844 }, isMobile: true });
    const check = async () => {
      await assertAccessible(page);
      await assertNoSidewaysScrolling(page);
    };
    for (const path of ["/", "/sign-in", "/orders"]) {
      await page.goto(path);
      await check();
    }
    await signIn(page, "N".repeat(60));
    await check();
    await order(page, "x".repeat(200));
    await check();
  });
});
