// The public pages in Debian's Chromium, against a running demo: by keyboard alone, suggestions, filters, copy, without a script, on a phone,
// axe-core on every kind of page in both schemes, on a phone and on paper, how much a phone loads, nothing loaded from elsewhere, nothing
// refused by the policy.
//
//   npm ci && node site.mjs http://127.0.0.1:8080 [--screenshots FOLDER] [--runs N] [--only WORDS]
//
// `--runs`: loads of each page that is timed (phone.mjs). `--only`: cases whose name holds these words.
// Ends with 0 when everything held; says what did not.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { onAPhone } from "./phone.mjs";

const text = (given) => ({ type: "string", default: given });
const { values: options, positionals } = parseArgs({ options: { screenshots: text(), runs: text("1"), only: text("") }, allowPositionals: true });
const origin = positionals[0];
assert.ok(origin?.startsWith("http"), "usage: node site.mjs ORIGIN [--screenshots FOLDER] [--runs N] [--only WORDS]");
const { screenshots } = options;
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

// Of the demo's invented people: a nurse of Toulon with two mailboxes, one of whom exactly one is found.
const PERSON = "/professionnel/810983950998";
const ADDRESS = "philippe.belin2@infirmier.mssante.fr";

// The first entry of a search, as the page of its own.
async function first(collection, question) {
  const { items } = await (await fetch(`${origin}/v1/search?limit=1&${question}`)).json();
  return `${collection}${items[0].id}`;
}

// One of each kind of page and state; the status of its document.
const KINDS = [
  ["home", "/", 200],
  ["results", "/?q=belin&has_mailbox=true", 200],
  ["many", "/?profession=60", 200],
  ["nothing", "/?q=zyxwvut&city=Toulon&profession=10", 200],
  ["professional", PERSON, 200],
  ["structure", "/structure/R10900000000822", 200],
  ["data", "/donnees", 200],
  ["leaving", "/ne-plus-y-figurer", 200],
  ["software", "/api", 200],
  ["accessibility", "/accessibilite", 200],
  ["indicators", "/indicateurs", 200],
  ["refused", "/?q=--", 400],
  ["too-long", `/?q=${"x".repeat(201)}`, 400],
  ["unknown", "/professionnel/inconnu", 404],
  ["filtered", "/?q=infirmier&department=83&has_mailbox=true&zero_papier=accepted&sort=name", 200],
  ["forgiven", "/?q=belni+toulon", 200],
  ["without-mailbox", await first("/professionnel/", "kind=professional&has_mailbox=false"), 200],
  ["zero-papier", await first("/professionnel/", "kind=professional&zero_papier=accepted"), 200],
  ["refused-papier", await first("/professionnel/", "kind=professional&zero_papier=refused"), 200],
  ["structure-without-mailbox", await first("/structure/", "kind=structure&has_mailbox=false"), 200],
];

// Bytes and requests that a phone may load for a page: the document, the style, the script and the icon.
const BUDGETS = [
  ["/", 16_000, 4],
  ["/?profession=60", 20_000, 4],
  [PERSON, 12_000, 4],
];

const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });

// A page of its own, closed afterwards; whatever it loads or logs is looked at.
async function visit(options, steps) {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, locale: "fr-FR", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const wrong = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(`${origin}/`)) wrong.push(`asked elsewhere: ${request.url()}`);
  });
  page.on("pageerror", (error) => wrong.push(`script: ${error}`));
  page.on("console", (message) => {
    // The document itself may be a refusal; nothing else may fail, and the policy refuses nothing.
    const expected = message.text().startsWith("Failed to load resource") && message.location().url === page.url();
    if (["error", "warning"].includes(message.type()) && !expected) wrong.push(`console: ${message.text()}`);
  });
  try {
    await steps(page, context);
    assert.deepEqual(wrong, []);
  } finally {
    await context.close();
  }
}

const open = async (page, path, status = 200) => {
  const answer = await page.goto(origin + path);
  assert.equal(answer.status(), status, path);
};

const focused = (page) => page.evaluate(() => document.activeElement.outerHTML.slice(0, 200));

// Presses Tab until what has the focus matches.
async function tabTo(page, selector, most = 60) {
  for (let pressed = 0; pressed < most; pressed++) {
    await page.keyboard.press("Tab");
    if (await page.evaluate((wanted) => document.activeElement.matches(wanted), selector)) {
      const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
      assert.notEqual(outline, "none", `the focus is seen on ${selector}`);
      return;
    }
  }
  assert.fail(`${selector} is not reached by Tab; the focus is on ${await focused(page)}`);
}

// All rules but those axe-core calls experimental; those of level AAA on colours too.
const RULES = { resultTypes: ["violations"], rules: { "color-contrast-enhanced": { enabled: true }, "target-size": { enabled: true } } };

async function violations(page) {
  await page.evaluate(axe);
  const found = await page.evaluate((options) => window.axe.run(document, options), RULES);
  assert.ok(found.passes.length > 15, "axe-core looked at the page");
  return found.violations.map((violation) => `${violation.id}: ${violation.help}: ${violation.nodes.map((node) => node.html).join(" | ")}`);
}

// Ways to look at a page.
const LOOKS = {
  light: { colorScheme: "light" },
  dark: { colorScheme: "dark" },
  "phone-light": { colorScheme: "light", viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
  "phone-dark": { colorScheme: "dark", viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
  paper: { colorScheme: "light", viewport: { width: 794, height: 1123 } },
};

const cases = {
  async "every page and state follows axe-core's rules, in light and dark, on a phone and on paper"() {
    const found = [];
    for (const [look, options] of Object.entries(LOOKS)) {
      await visit({ reducedMotion: "reduce", ...options }, async (page) => {
        if (look === "paper") await page.emulateMedia({ media: "print" });
        for (const [kind, path, status] of KINDS) {
          await open(page, path, status);
          found.push(...(await violations(page)).map((violation) => `${path} (${look}): ${violation}`));
          if (screenshots) await page.screenshot({ path: join(screenshots, `${kind}-${look}.png`), fullPage: true });
        }
      });
    }
    assert.deepEqual(found, []);
  },

  async "a phone loads little, and no more than is budgeted"() {
    for (const [path, bytes, requests] of BUDGETS) {
      const seen = await onAPhone(browser, origin + path, Number(options.runs));
      console.log(`phone   ${path}: first paint ${seen.first} ms, largest ${seen.largest} ms, blocked ${seen.blocking} ms, ${seen.bytes} bytes, ${seen.requests} requests`);
      assert.ok(seen.first > 0 && seen.largest >= seen.first, `${path} was not timed`);
      assert.ok(seen.bytes <= bytes, `${path}: ${seen.bytes} bytes, ${bytes} are budgeted`);
      assert.ok(seen.requests <= requests, `${path}: ${seen.requests} requests, ${requests} are budgeted`);
    }
  },

  async "letters of plots are as large as those of the page"() {
    await visit(LOOKS["phone-light"], async (page) => {
      await open(page, "/indicateurs");
      const sizes = await page.locator(".chart span").evaluateAll((labels) => labels.filter((label) => label.textContent).map((label) => label.getBoundingClientRect().height));
      assert.ok(sizes.length >= 6 && sizes.every((height) => height >= 12), sizes.join(", "));
    });
  },

  async "the list of suggestions follows axe-core's rules too"() {
    await visit({}, async (page) => {
      await open(page, "/");
      await page.locator("#q").pressSequentially("belin");
      await page.locator("#suggestions li").first().waitFor();
      await page.keyboard.press("ArrowDown");
      assert.deepEqual(await violations(page), []);
      if (screenshots) await page.screenshot({ path: join(screenshots, "suggestions.png") });
    });
  },

  async "no page is wider than a phone"() {
    for (const width of [320, 390]) {
      await visit({ viewport: { width, height: 800 }, isMobile: true, hasTouch: true }, async (page) => {
        for (const [kind, path, status] of KINDS) {
          await open(page, path, status);
          const widest = await page.evaluate(() => document.documentElement.scrollWidth);
          assert.ok(widest <= width, `${path}: ${widest} on ${width}`);
          if (screenshots) await page.screenshot({ path: join(screenshots, `${kind}-${width}.png`), fullPage: true });
        }
      });
    }
  },

  async "what is touched is 24 pixels high and wide, or stands in a sentence"() {
    await visit({ viewport: { width: 390, height: 800 }, isMobile: true, hasTouch: true }, async (page) => {
      for (const [, path, status] of KINDS) {
        await open(page, path, status);
        const small = await page.evaluate(() => {
          const inSentence = (node) => node.tagName === "A" && getComputedStyle(node).display === "inline";
          const targets = [...document.querySelectorAll("a, button, input:not([type=hidden]), select, summary")];
          const shown = targets.filter((node) => node.checkVisibility() && !node.matches(".skip") && !inSentence(node));
          return shown.filter((node) => ["width", "height"].some((side) => node.getBoundingClientRect()[side] < 24)).map((node) => node.outerHTML);
        });
        assert.deepEqual(small, [], path);
      }
    });
  },

  async "search, read and copy by keyboard alone"() {
    await visit({ permissions: ["clipboard-read", "clipboard-write"] }, async (page) => {
      await open(page, "/");
      assert.ok((await focused(page)).startsWith("<body"), "nothing takes the focus by itself");
      await page.keyboard.press("Tab");
      assert.match(await focused(page), /Aller au contenu/);
      assert.ok(await page.locator(".skip").evaluate((link) => link.getBoundingClientRect().top >= 0), "the skip link is seen");
      await page.keyboard.press("Enter");
      await tabTo(page, "#q");
      await page.keyboard.type("belin toulon");
      await page.keyboard.press("Enter");
      await page.waitForURL("**/?q=belin+toulon");
      assert.match(await page.title(), /^1\srésultat pour «\sbelin toulon\s»/);
      await page.waitForFunction(() => document.getElementById("annonce").textContent.match(/^1\srésultat/));
      await tabTo(page, ".copy");
      await page.keyboard.press("Enter");
      await page.waitForFunction(() => document.getElementById("annonce").textContent === "Adresse copiée");
      assert.equal(await page.evaluate(() => navigator.clipboard.readText()), ADDRESS);
      await open(page, "/?q=belin+toulon");
      await tabTo(page, ".cards h3 a");
      await page.keyboard.press("Enter");
      await page.waitForURL(`**${PERSON}`);
      assert.match(await page.locator("h1").textContent(), /Philippe BELIN/);
    });
  },

  async "suggestions are told, walked by arrows, closed by Escape and taken by Enter"() {
    await visit({}, async (page) => {
      await open(page, "/");
      const box = page.locator("#q");
      await box.focus();
      await page.keyboard.type("belin");
      await page.locator("#suggestions li").first().waitFor();
      assert.equal(await box.getAttribute("aria-expanded"), "true");
      await page.waitForFunction(() => /^\d+ suggestions?, flèche/.test(document.getElementById("annonce").textContent));
      await page.keyboard.press("ArrowDown");
      const chosen = await box.getAttribute("aria-activedescendant");
      assert.equal(await page.locator(`#${chosen}`).getAttribute("aria-selected"), "true");
      await page.keyboard.press("ArrowUp");
      assert.equal(await box.getAttribute("aria-activedescendant"), null, "back in the box");
      await page.keyboard.press("Escape");
      assert.equal(await box.getAttribute("aria-expanded"), "false");
      assert.equal(await box.inputValue(), "belin", "what was typed stays");
      await page.keyboard.press("ArrowDown");
      const person = page.locator("#suggestions li", { hasText: "Philippe" }).filter({ hasText: "Professionnel" }).first();
      await person.waitFor();
      for (let pressed = 0; pressed < 12 && (await person.getAttribute("aria-selected")) !== "true"; pressed++) {
        await page.keyboard.press("ArrowDown");
      }
      await page.keyboard.press("Enter");
      await page.waitForURL("**/professionnel/**");
      assert.match(await page.locator("h1").textContent(), /BELIN/);
    });
  },

  async "a suggestion that is no entry becomes a filter beside those in place"() {
    await visit({}, async (page) => {
      await open(page, "/?q=infirmier&has_mailbox=true");
      await page.locator("#q").fill("toulo");
      const town = page.locator("#suggestions li", { hasText: "Commune" }).filter({ hasText: "Toulon" }).first();
      await town.click();
      await page.waitForURL((url) => /toulon/i.test(url.searchParams.get("city") ?? url.searchParams.get("q") ?? "") && url.searchParams.get("has_mailbox") === "true");
      assert.ok((await page.locator(".cards > li").count()) > 0);
    });
  },

  async "what was typed comes back as it was typed"() {
    await visit({}, async (page) => {
      await open(page, "/");
      const box = page.locator("#q");
      await box.pressSequentially("kiné toul");
      await page.locator("#suggestions li", { hasText: "Commune" }).filter({ hasText: "Toulon" }).first().click();
      await page.waitForURL((url) => url.searchParams.get("city") !== null);
      assert.equal(await box.inputValue(), "kiné");
      await page.getByRole("link", { name: "nom", exact: true }).click();
      await page.waitForURL("**sort=name**");
      assert.equal(await box.inputValue(), "kiné");
      await page.locator(".criteria a").first().click();
      await page.waitForURL((url) => url.searchParams.get("city") === null);
      assert.equal(await box.inputValue(), "kiné");
      await open(page, "/?name=B%C3%89LIN&city=TOULON&given=Phil");
      const chips = await page.locator(".criteria a").allInnerTexts();
      for (const typed of ["BÉLIN", "TOULON", "Phil"]) assert.ok(chips.some((chip) => chip.includes(typed)), chips.join(", "));
    });
  },

  async "suggestions that fail disturb nobody"() {
    await visit({}, async (page) => {
      await page.route("**/v1/suggest**", (route) => route.fulfill({ status: 200, contentType: "text/html", body: "<p>" }));
      await open(page, "/");
      const asked = page.waitForResponse("**/v1/suggest**");
      await page.locator("#q").pressSequentially("belin toulon");
      await asked;
      await page.keyboard.press("Enter");
      await page.waitForURL("**/?q=belin+toulon");
    });
  },

  async "filters narrow, are shown, and can be dropped"() {
    await visit({}, async (page) => {
      await open(page, "/?q=belin");
      const before = await page.locator(".cards > li").count();
      await page.getByLabel("Messagerie sécurisée").selectOption({ label: "Avec adresse publiée" });
      await page.getByLabel("Commune").fill("Toulon");
      await page.getByRole("button", { name: "Appliquer les filtres" }).click();
      await page.waitForURL("**/?q=belin&city=Toulon&has_mailbox=true");
      assert.equal(await page.locator(".cards > li").count(), 1);
      assert.ok(before > 1);
      await page.getByRole("link", { name: /Commune\s: Toulon/ }).click();
      await page.waitForURL("**/?q=belin&has_mailbox=true");
    });
  },

  async "without a script everything is there but suggestions and copy"() {
    await visit({ javaScriptEnabled: false }, async (page) => {
      await open(page, "/");
      await page.locator("summary", { hasText: "Recherche détaillée" }).click();
      await page.getByLabel("Profession").selectOption({ label: "Infirmier" });
      await page.locator("#q").fill("belin");
      await page.getByRole("button", { name: "Rechercher" }).click();
      assert.ok((await page.locator(".cards > li").count()) >= 1);
      assert.equal(await page.locator(".copy").count(), 0);
      assert.equal(await page.locator("#suggestions").count(), 0);
      await page.getByRole("link", { name: /BELIN/ }).first().click();
      await page.waitForURL("**/professionnel/**");
      assert.ok((await page.locator("a[href^='mailto:']").count()) > 0);
      await open(page, "/?profession=60");
      await page.getByRole("link", { name: "Résultats suivants" }).click();
      await page.waitForURL("**&cursor=*");
      await page.getByRole("link", { name: "Revenir aux premiers résultats" }).click();
      await page.waitForURL("**/?profession=60");
    });
  },

  async "paper has the answer and no controls"() {
    await visit({}, async (page) => {
      await open(page, "/?q=belin+toulon");
      await page.emulateMedia({ media: "print" });
      for (const control of [".search", "aside", ".copy", ".top nav"]) {
        assert.equal(await page.locator(control).first().isVisible(), false, control);
      }
      assert.ok(await page.getByText(ADDRESS).isVisible());
      if (screenshots) await page.screenshot({ path: join(screenshots, "print.png"), fullPage: true });
    });
  },
};

let failed = 0;
for (const [name, run] of Object.entries(cases).filter(([name]) => name.includes(options.only))) {
  const since = Date.now();
  try {
    await run();
    console.log(`ok      ${name} (${Date.now() - since} ms)`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}\n${error.stack ?? error}`);
  }
}
await browser.close();
process.exitCode = failed === 0 ? 0 : 1;
