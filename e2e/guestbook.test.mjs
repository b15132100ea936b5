// examples/guestbook: the behaviour that a visitor sees.

import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { assertAccessible, assertNoSidewaysScrolling } from "./accessibility.mjs";
import * as browser from "./browser.mjs";
import * as guestbook from "./guestbook.mjs";

const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
const DEVICES = [["a screen", {}], ["a phone", PHONE], ["a dark screen", { colorScheme: "dark" }]];

async function check(page) {
  await assertAccessible(page);
  await assertNoSidewaysScrolling(page);
}

after(browser.close);

describe("the guestbook", { skip: guestbook.skip }, () => {
  let site;
  before(async () => (site = await guestbook.open()));
  after(() => site?.stop());
  const visit = (t, options) => browser.open(t, site.url, options);

  for (const javaScriptEnabled of [true, false]) {
    test(`a visitor signs in, signs and signs out with scripts ${javaScriptEnabled ? "on" : "off"}`, async (t) => {
      const page = await visit(t, { javaScriptEnabled });
      assert.equal(await guestbook.user(page), null);
      assert.equal(await browser.sessionCookie(page), undefined, "a visitor who only reads gets no cookie");

      const name = "Zoë <b>茶</b>";
      await guestbook.signIn(page, name);
      assert.deepEqual(await guestbook.messages(page), [`Welcome, ${name}.`]);
      await page.reload();
      assert.equal(await guestbook.user(page), name);
      assert.deepEqual(await guestbook.messages(page), [], "a message is shown once");

      await guestbook.sign(page, `<script>alert(1)</script> & "so" on, ${javaScriptEnabled}`);
      assert.equal((await guestbook.messages(page)).length, 1);
      await page.reload();
      assert.deepEqual(await guestbook.messages(page), [], "a message is shown once");

      await page.goto("/account/sessions");
      await guestbook.press(page, "Sign out");
      assert.deepEqual(await guestbook.messages(page), ["You have signed out."]);
      assert.equal(await browser.sessionCookie(page), undefined, "the sign-out removes the cookie");
      await page.reload();
      assert.equal(await guestbook.user(page), null);
      assert.deepEqual(await guestbook.messages(page), []);
    });
  }

  test("a sign-out on a page under /account signs out every open page", async (t) => {
    const page = await visit(t);
    await guestbook.signIn(page, "Ada");
    const other = await page.context().newPage();
    await other.goto("/account/sign-in");
    await guestbook.press(other, "Sign out");
    assert.equal(await browser.sessionCookie(other), undefined);

    await page.getByLabel("Your entry").fill("Too late");
    await guestbook.press(page, "Sign the book");
    await page.goto("/");
    assert.equal(await guestbook.user(page), null);
    assert.ok(!(await guestbook.entries(page)).includes("Too late"));
  });

  test("the cookie is HttpOnly and SameSite=Lax, and ends when the browser closes", async (t) => {
    const page = await visit(t);
    await guestbook.signIn(page, "Ada");
    const { value, ...cookie } = await browser.sessionCookie(page);
    assert.match(value, /^[A-Za-z0-9_-]+$/);
    assert.deepEqual(cookie, {
      name: "session",
      domain: "localhost",
      path: "/",
      expires: -1,
      httpOnly: true,
      secure: false,
      sameSite: "Lax",
    });
    assert.equal(await page.evaluate(() => document.cookie), "");
  });

  test("two browsers have separate sessions and share the book", async (t) => {
    const [ada, zoe] = [await visit(t), await visit(t)];
    await guestbook.signIn(ada, "Ada");
    await guestbook.signIn(zoe, "Zoë");
    await guestbook.sign(ada, "By Ada");
    await zoe.goto("/");
    assert.equal((await guestbook.entries(zoe))[0], "By Ada");
    assert.deepEqual([await guestbook.user(ada), await guestbook.user(zoe)], ["Ada", "Zoë"]);
    assert.ok(!(await guestbook.messages(zoe)).some((message) => message.startsWith("Thank you")));
  });

  test("an invalid form shows the reason and keeps the input", async (t) => {
    const page = await visit(t);
    await guestbook.signIn(page, "Ada");
    const entry = page.getByLabel("Your entry");
    await entry.fill("  \t");
    await guestbook.press(page, "Sign the book");
    assert.equal(await entry.inputValue(), "  \t");
    const [error] = (await entry.getAttribute("aria-describedby")).split(" ");
    assert.equal(await page.locator(`#${error}`).textContent(), "Enter some text.");
    assert.equal(await guestbook.user(page), "Ada");
  });

  test("a session expires after its timeout, and the visitor is told", async (t) => {
    const store = ["--store", `sqlite:${join(await guestbook.newFolder(t), "sessions.db")}`];
    const patient = await guestbook.open(...store);
    t.after(patient.stop);
    const page = await browser.open(t, patient.url);
    await guestbook.signIn(page, "Ada");
    const cookie = await browser.sessionCookie(page);

    const brief = await guestbook.open(...store, "--timeout", "2");
    t.after(brief.stop);
    await pause(2100); // milliseconds; longer than the timeout of 2 s
    await page.context().addCookies([cookie]);
    await page.goto(brief.url);
    const [message, ...others] = await guestbook.messages(page);
    assert.match(message, /^Your session has ended after 2 seconds/);
    assert.deepEqual(others, [], "no other message is shown");
    assert.equal(await browser.sessionCookie(page), undefined);
    await page.reload();
    assert.deepEqual([await guestbook.user(page), await guestbook.messages(page)], [null, []]);
  });

  for (const [device, options] of DEVICES) {
    test(`every page is accessible on ${device}`, async (t) => {
      const name = device.padEnd(40, "N"); // one user per device, because the list shows all sessions of a user
      const page = await visit(t, options);
      for (const path of ["/", "/account/sign-in", "/no-such-page"]) {
        await page.goto(path);
        await check(page);
      }
      await page.goto("/account/sign-in");
      await page.getByLabel("Your name").fill(" ");
      await guestbook.press(page, "Sign in");
      await check(page);
      await guestbook.signIn(page, name);
      await guestbook.sign(page, "w".repeat(400));
      await check(page);
      for (const userAgent of ["w".repeat(200), "curl/8.14.1"]) {
        await guestbook.signIn(await visit(t, { userAgent }), name);
      }
      await page.goto("/account/sessions");
      assert.equal((await guestbook.sessions(page)).length, 3);
      await check(page);
    });
  }

  test("the skip link moves the keyboard focus to the contents", async (t) => {
    const page = await visit(t);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForURL("/#main");
    assert.equal(await page.evaluate(() => document.activeElement.id), "main");
  });

  test("the temporary folder of the sessions is removed when the server stops", async (t) => {
    const TMPDIR = await guestbook.newFolder(t);
    const site = await guestbook.openWith({ TMPDIR });
    await guestbook.signIn(await browser.open(t, site.url), "Ada");
    assert.equal((await readdir(TMPDIR)).length, 1);
    await site.stop();
    assert.deepEqual(await readdir(TMPDIR), []);
  });
});

describe("the guestbook with sessions in cookies", { skip: guestbook.skip }, () => {
  let site;
  before(async () => (site = await guestbook.openWithCookies()));
  after(() => site?.stop());
  const visit = (t, options) => browser.open(t, site.url, options);

  test("a cookie can be filled to the last character that a browser accepts", async (t) => {
    const page = await visit(t);
    await guestbook.signIn(page, "Ada");
    await guestbook.assertFillsToTheLimit(page);
  });

  test("a new secret signs nobody out, and the session inspector names the key", async (t) => {
    const page = await visit(t);
    await guestbook.signIn(page, "Ada");
    await page.goto("/session");
    assert.match(await guestbook.verdictText(page), /with the current key/);
    const [cookie, keyId] = [await browser.sessionCookie(page), await guestbook.keyId(page)];

    const rotated = await guestbook.openWithNewSecret("--store", "cookie");
    t.after(rotated.stop);
    await page.goto(`${rotated.url}/session`);
    assert.equal(await guestbook.user(page), "Ada");
    assert.match(await guestbook.verdictText(page), /with a retired key/);
    assert.equal(await guestbook.keyId(page), keyId);
    assert.notEqual((await browser.sessionCookie(page)).value, cookie.value, "the response sets a new cookie");

    await page.reload();
    assert.equal(await guestbook.user(page), "Ada");
    assert.match(await guestbook.verdictText(page), /with the current key/);
    assert.notEqual(await guestbook.keyId(page), keyId);
  });

  for (const [device, options] of DEVICES) {
    test(`the session inspector is accessible on ${device}`, async (t) => {
      const page = await visit(t, options);
      await page.goto("/session");
      await check(page);
      await guestbook.signIn(page, "N".repeat(40));
      await page.goto("/session");
      await guestbook.fill(page, 2000);
      await check(page);
      await guestbook.fill(page, 8000);
      assert.ok(await guestbook.saysTooLarge(page));
      await check(page);
    });
  }
});

describe("the README's screenshots", { skip: guestbook.skip }, () => {
  const folder = process.env.SCREENSHOTS;
  const skip = !folder && "SCREENSHOTS, the path of a folder, is not set";

  test("of the guestbook and the list of sessions", { skip }, async (t) => {
    const site = await guestbook.open();
    t.after(site.stop);
    const page = await browser.open(t, site.url, { viewport: { width: 1200, height: 800 } });
    for (const [name, text] of [
      ["Zoë", "What a lovely place. We came for the view and stayed for the cake."],
      ["Bashō", "The old pond. A frog jumps in: the sound of water."],
      ["Ada", "I left my phone on the train, still signed in. One click here, and it no longer is."],
    ]) {
      await guestbook.signIn(page, name);
      await guestbook.sign(page, text);
    }
    await page.screenshot({ path: join(folder, "guestbook.png") });
    const userAgent = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/143.0.0.0 Mobile Safari/537.36";
    await guestbook.signIn(await browser.open(t, site.url, { userAgent }), "Ada");
    await page.goto("/account/sessions");
    await page.screenshot({ path: join(folder, "sessions.png") });
  });

  test("of the inspector", { skip }, async (t) => {
    const site = await guestbook.openWithCookies();
    t.after(site.stop);
    // This height shows all parts of the cookie.
    const page = await browser.open(t, site.url, { viewport: { width: 1200, height: 960 } });
    await guestbook.signIn(page, "Ada");
    await guestbook.sign(page, "Hello");
    await page.goto("/session");
    await page.reload();
    await page.screenshot({ path: join(folder, "inspector.png") });
  });
});
