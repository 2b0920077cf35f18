// How fast a page is on an emulated phone, its cache empty: a processor four times slower than this one, 1.6 Mbit/s down, 150 ms to the first
// byte of each answer. What is loaded does not depend on the machine and is held to budgets; times do, and are told.

const DOWN = 1_600_000 / 8;
const UP = 750_000 / 8;
const LATENCY = 150;
const SLOWER = 4;

// In the page, before anything of it.
function observe() {
  const seen = (window.seen = { first: 0, largest: 0, tasks: [] });
  const watch = (type, take) => new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
  watch("paint", (entry) => { if (entry.name === "first-contentful-paint") seen.first = entry.startTime; });
  watch("largest-contentful-paint", (entry) => { seen.largest = entry.startTime; });
  watch("longtask", (entry) => seen.tasks.push({ begun: entry.startTime, lasted: entry.duration }));
}

// First and largest contentful paint and total blocking time, milliseconds; bytes over the wire with the headers of answers; requests.
async function once(browser, url) {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, deviceScaleFactor: 3, isMobile: true, hasTouch: true, locale: "fr-FR" });
  try {
    const page = await context.newPage();
    const cdp = await context.newCDPSession(page);
    const loaded = { bytes: 0, requests: 0 };
    cdp.on("Network.loadingFinished", ({ encodedDataLength }) => {
      // Nothing is loaded for what the page has already: the icon stands in it twice.
      if (encodedDataLength === 0) return;
      loaded.requests += 1;
      loaded.bytes += encodedDataLength;
    });
    await cdp.send("Network.enable");
    await cdp.send("Network.emulateNetworkConditions", { offline: false, latency: LATENCY, downloadThroughput: DOWN, uploadThroughput: UP });
    await cdp.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
    await page.addInitScript(observe);
    await page.goto(url, { waitUntil: "networkidle" });
    // Where the machine is slow, all is loaded before anything is painted and told.
    await page.waitForFunction(() => window.seen.first > 0 && window.seen.largest > 0);
    const { first, largest, tasks } = await page.evaluate(() => window.seen);
    const blocking = tasks.filter((task) => task.begun >= first).reduce((sum, task) => sum + task.lasted - 50, 0);
    return { first, largest, blocking, ...loaded };
  } finally {
    await context.close();
  }
}

// The middle of several runs.
export async function onAPhone(browser, url, runs) {
  const all = [];
  for (let run = 0; run < runs; run++) all.push(await once(browser, url));
  const middle = (name) => Math.round(all.map((seen) => seen[name]).sort((a, b) => a - b)[Math.floor(runs / 2)]);
  return Object.fromEntries(Object.keys(all[0]).map((name) => [name, middle(name)]));
}
