// examples/guestbook: the list of a user's sessions, and how they end.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import * as browser from "./browser.mjs";
import * as guestbook from "./guestbook.mjs";

const LAPTOP = "Mozilla/5.0 (X11; Linux x86_64; rv:147.0) Gecko/20100101 Firefox/147.0";
const PHONE = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/143.0.0.0 Mobile Safari/537.36";

after(browser.close);

describe("the sessions of a user", { skip: guestbook.skip }, () => {
  let site;
  before(async () => (site = await guestbook.open()));
  after(() => site?.stop());

  async function signedIn(t, name, userAgent) {
    const page = await browser.open(t, site.url, { userAgent });
    await guestbook.signIn(page, name);
    return page;
  }

  async function assertSignedOut(page) {
    await page.goto("/");
    assert.equal(await guestbook.user(page), null);
    const [message, ...others] = await guestbook.messages(page);
    assert.match(message, /^Your session has ended/);
    assert.deepEqual(others, []);
    assert.equal(await browser.sessionCookie(page), undefined, "the response removes the cookie");
    await page.reload();
    assert.deepEqual(await guestbook.messages(page), [], "the message is shown once");
  }

  test("a user sees the sessions of two browsers and ends one of them", async (t) => {
    const laptop = await signedIn(t, "Ada", LAPTOP);
    const phone = await signedIn(t, "Ada", PHONE);
    const eve = await signedIn(t, "Eve", LAPTOP);
    await laptop.getByRole("link", { name: "Your sessions" }).click();
    await laptop.waitForURL("/account/sessions");
    const rows = await guestbook.sessions(laptop);
    assert.deepEqual(rows.map((row) => /Firefox on Linux|Chrome on Android/.exec(row)[0]).sort(), [
      "Chrome on Android",
      "Firefox on Linux",
    ]);
    assert.deepEqual(
      rows.map((row) => row.includes("this one")),
      rows.map((row) => row.includes("Firefox")),
    );

    await guestbook.press(laptop, "End the session of Chrome on Android");
    assert.deepEqual(await guestbook.messages(laptop), ["The session has ended."]);
    assert.equal((await guestbook.sessions(laptop)).length, 1);
    await assertSignedOut(phone);
    for (const [page, name] of [[laptop, "Ada"], [eve, "Eve"]]) {
      await page.reload();
      assert.equal(await guestbook.user(page), name);
    }
  });

  test("a user signs out everywhere else", async (t) => {
    const laptop = await signedIn(t, "Zoë", LAPTOP);
    const others = [await signedIn(t, "Zoë", PHONE), await signedIn(t, "Zoë", PHONE)];
    await laptop.goto("/account/sessions");
    assert.equal((await guestbook.sessions(laptop)).length, 3);
    await guestbook.press(laptop, "Sign out everywhere else");
    assert.deepEqual(await guestbook.messages(laptop), ["2 other sessions have ended."]);
    assert.equal((await guestbook.sessions(laptop)).length, 1);
    assert.equal(await laptop.getByRole("button", { name: "Sign out everywhere else" }).count(), 0);
    for (const other of others) await assertSignedOut(other);
    assert.equal(await guestbook.user(laptop), "Zoë");
  });

  test("a sign-out also signs out a browser with a copy of the cookie", async (t) => {
    const page = await signedIn(t, "Ada", LAPTOP);
    const thief = await browser.open(t, site.url);
    await thief.context().addCookies([await browser.sessionCookie(page)]);
    await thief.reload();
    assert.equal(await guestbook.user(thief), "Ada", "the copy works until the sign-out");
    await page.goto("/");
    await guestbook.press(page, "Sign out");
    await assertSignedOut(thief);
  });

  test("a form without a token ends no session", async (t) => {
    const page = await signedIn(t, "Bashō", LAPTOP);
    const other = await signedIn(t, "Bashō", PHONE);
    await page.goto("/account/sessions");
    const handle = await page.locator("[name=handle]").inputValue();
    for (const [path, fields] of [["end", { handle }], ["end-others", {}]]) {
      const answer = await browser.post(page, `/account/sessions/${path}`, fields);
      assert.equal(answer.status(), 403, path);
      await page.goto("/account/sessions");
    }
    await other.reload();
    assert.equal(await guestbook.user(other), "Bashō");
  });

  test("a change keeps the cookie, and the list of sessions shows the data but not the cookie", async (t) => {
    const page = await signedIn(t, "Ada Lovelace", LAPTOP);
    const { value } = await browser.sessionCookie(page);
    await guestbook.sign(page, "w".repeat(500));
    assert.equal((await browser.sessionCookie(page)).value, value, "the cookie is unchanged");
    await page.goto("/account/sessions");
    assert.match(await page.locator("[data-test=data]").textContent(), /"name":"Ada Lovelace"/);
    assert.ok(!(await page.content()).includes(value));
  });
});
