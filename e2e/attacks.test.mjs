// examples/guestbook: attacks on a visitor's session.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import * as browser from "./browser.mjs";
import * as guestbook from "./guestbook.mjs";
import { listen, proxyTo, strangers } from "./tls.mjs";

after(browser.close);

describe("attacks on the guestbook", { skip: guestbook.skip }, () => {
  let site;
  before(async () => (site = await guestbook.openWithCookies()));
  after(() => site?.stop());

  /** Opens a page and signs in. */
  async function visit(t, name) {
    const page = await browser.open(t, site.url);
    await guestbook.signIn(page, name);
    return page;
  }

  async function assertRefused(page, cookie, value) {
    await page.context().addCookies([{ ...cookie, value }]);
    await page.goto("/session");
    assert.equal(await guestbook.user(page), null, value);
    assert.match(await guestbook.verdict(page), /^(Not authentic|Not a session)/);
  }

  test("a cookie with one changed character is rejected, whichever part has changed", async (t) => {
    const page = await visit(t, "Ada");
    const cookie = await browser.sessionCookie(page);
    const { length } = cookie.value;
    // These positions are in the version, the key id, the nonce, the ciphertext and the tag.
    for (const at of [0, 3, 9, 60, length - 21, length - 1]) {
      const other = cookie.value[at] === "A" ? "B" : "A";
      await assertRefused(page, cookie, cookie.value.slice(0, at) + other + cookie.value.slice(at + 1));
    }
    for (const other of ["+", "%"]) {
      await assertRefused(page, cookie, cookie.value.slice(0, 60) + other + cookie.value.slice(61));
    }
    await page.context().addCookies([cookie]);
    await page.reload();
    assert.equal(await guestbook.user(page), "Ada", "the original cookie is accepted again");
  });

  test("a re-encoded, extended or shortened cookie is rejected", async (t) => {
    const page = await visit(t, "Ada");
    const cookie = await browser.sessionCookie(page);
    const { value } = cookie;
    const bytes = Buffer.from(value, "base64url");
    for (const other of [
      bytes.toString("hex"),
      `${value}A`,
      `${value}.`,
      `=${value}`,
      value.slice(1),
      value.slice(0, -1),
      value.toLowerCase(),
      encodeURIComponent(JSON.stringify(value)),
      bytes.subarray(0, -16).toString("base64url"), // no tag
      Buffer.concat([bytes.subarray(0, -16), Buffer.alloc(16)]).toString("base64url"),
    ]) {
      await assertRefused(page, cookie, other);
    }
  });

  test("parts of two sessions cannot be combined", async (t) => {
    const [ada, eve] = [await visit(t, "Ada"), await visit(t, "Eve")];
    const cookie = await browser.sessionCookie(eve);
    const [hers, mine] = [await browser.sessionCookie(ada), cookie].map(({ value }) => {
      const bytes = Buffer.from(value, "base64url");
      const [header, nonce] = [bytes.subarray(0, 5), bytes.subarray(5, 17)];
      return { header, nonce, ciphertext: bytes.subarray(17, -16), tag: bytes.subarray(-16) };
    });
    for (const part of ["nonce", "ciphertext", "tag"]) {
      assert.ok(!mine[part].equals(hers[part]), `the two cookies differ in the ${part}`);
      const mixed = Buffer.concat(Object.values({ ...mine, [part]: hers[part] }));
      await assertRefused(eve, cookie, mixed.toString("base64url"));
    }
  });

  test("the cookie does not contain the entries as plain text", async (t) => {
    const page = await visit(t, "Ada Lovelace");
    const { value } = await browser.sessionCookie(page);
    const bytes = Buffer.from(value, "base64url");
    for (const text of ["Ada Lovelace", "_csrft_", await guestbook.token(page)]) {
      assert.ok(!bytes.includes(text), `the cookie does not contain ${text}`);
    }
    await page.goto("/session");
    assert.match(await guestbook.payload(page), /"name":"Ada Lovelace"/, "the server decrypts it");
  });

  test("cookies with the same key have different nonces", async (t) => {
    const [one, two] = [await visit(t, "Ada"), await visit(t, "Ada")];
    const [first, second] = [await browser.sessionCookie(one), await browser.sessionCookie(two)];
    const parts = [first, second].map(({ value }) => Buffer.from(value, "base64url"));
    assert.deepEqual(parts[0].subarray(0, 5), parts[1].subarray(0, 5), "the version and the key id are equal");
    assert.notDeepEqual(parts[0].subarray(5, 17), parts[1].subarray(5, 17), "the nonces differ");
  });

  test("a session planted before the sign-in is useless afterwards", async (t) => {
    const eve = await browser.open(t, site.url);
    await eve.goto("/session");
    const [planted, csrf_token] = [await browser.sessionCookie(eve), await guestbook.token(eve)];
    const ada = await browser.open(t, site.url);
    await ada.context().addCookies([planted]);
    await guestbook.signIn(ada, "Ada");
    assert.notEqual((await browser.sessionCookie(ada)).value, planted.value);

    const answer = await browser.post(ada, "/", { text: "Planted", csrf_token });
    assert.equal(answer.status(), 403);
    await eve.reload();
    assert.equal(await guestbook.user(eve), null, "the planted session is not signed in");
  });

  test("a form from another host or another port is refused, even with the cookie", async (t) => {
    const page = await visit(t, "Ada");
    const csrf_token = await guestbook.token(page);
    const port = await listen(t, strangers.http());
    for (const [host, hasCookie] of [["127.0.0.1", false], ["localhost", true]]) {
      const text = `From ${host}`;
      for (const fields of [{ text }, { text, csrf_token: "0".repeat(40) }, { text, csrf_token }]) {
        const elsewhere = await page.context().newPage();
        await elsewhere.goto(`http://${host}:${port}/`);
        const answer = await browser.post(elsewhere, `${site.url}/`, fields);
        assert.equal(answer.status(), 403, host);
        const { cookie } = await answer.request().allHeaders();
        assert.equal(cookie !== undefined, hasCookie, `the cookie is ${hasCookie ? "" : "not "}sent from ${host}`);
        await elsewhere.close();
      }
    }
    await page.goto("/");
    assert.equal(await guestbook.user(page), "Ada");
    assert.ok((await guestbook.entries(page)).every((text) => !text.startsWith("From")));
  });

  test("a sign-out form from another origin is refused even with the token", async (t) => {
    const page = await visit(t, "Ada");
    const csrf_token = await guestbook.token(page);
    const elsewhere = await page.context().newPage();
    await elsewhere.goto(`http://localhost:${await listen(t, strangers.http())}/`);
    const answer = await browser.post(elsewhere, `${site.url}/account/sign-out`, { csrf_token });
    assert.equal(answer.status(), 403);
    await page.reload();
    assert.equal(await guestbook.user(page), "Ada");
  });
});

describe("the guestbook behind a proxy that speaks TLS", { skip: guestbook.skip }, () => {
  let site;
  before(async () => (site = await guestbook.openWithCookies("--https")));
  after(() => site?.stop());

  async function visit(t, name) {
    const url = `https://localhost:${await listen(t, proxyTo(site.url))}`;
    const page = await browser.open(t, url, { ignoreHTTPSErrors: true });
    await guestbook.signIn(page, name);
    return [page, url];
  }

  test("the browser restricts the cookie to https and to this host", async (t) => {
    const [page] = await visit(t, "Ada");
    const { value, ...cookie } = await browser.sessionCookie(page);
    assert.ok(value);
    assert.deepEqual(cookie, {
      name: "__Host-session",
      domain: "localhost",
      path: "/",
      expires: -1,
      httpOnly: true,
      secure: true,
      sameSite: "Lax",
    });
    await guestbook.sign(page, "Over TLS");
    await guestbook.press(page, "Sign out");
    assert.equal(await guestbook.user(page), null);
    assert.equal(await browser.sessionCookie(page), undefined);
  });

  test("a cookie is rejected under another name", async (t) => {
    const [page] = await visit(t, "Ada");
    const cookie = await browser.sessionCookie(page);
    const onHttp = await guestbook.openWithCookies(); // the same secret; its cookie is named `session`
    t.after(onHttp.stop);
    const other = await browser.open(t, onHttp.url);
    await guestbook.signIn(other, "Eve");
    const { name, value } = await browser.sessionCookie(other);
    assert.equal(name, "session");

    await page.context().addCookies([{ ...cookie, value }]);
    await page.goto("/session");
    assert.deepEqual([await guestbook.user(page), await guestbook.verdict(page)], [null, "Not authentic."]);
  });

  test("a __Host- cookie can be filled to the last character", async (t) => {
    const [page] = await visit(t, "Ada");
    await guestbook.assertFillsToTheLimit(page);
  });

  test("a form from another origin is refused even with the token", async (t) => {
    const [page, url] = await visit(t, "Ada");
    const csrf_token = await guestbook.token(page);
    const port = await listen(t, strangers.https());
    for (const host of ["127.0.0.1", "localhost"]) {
      const elsewhere = await page.context().newPage();
      await elsewhere.goto(`https://${host}:${port}/`);
      const answer = await browser.post(elsewhere, `${url}/`, { text: "From elsewhere", csrf_token });
      assert.equal(answer.status(), 403, host);
    }
    await page.goto("/");
    assert.ok(!(await guestbook.entries(page)).includes("From elsewhere"));
    const ours = await browser.post(page, "/", { text: "From here", csrf_token });
    assert.equal(ours.status(), 200, "the same form passes from our own origin");
    assert.equal((await guestbook.entries(page))[0], "From here");
  });
});
