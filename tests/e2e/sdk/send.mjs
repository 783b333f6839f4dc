// Sends a few visits to the Weir at the url given, each with the SDK of another tool as its manual says. The SDKs are
// taken as they come from npm; only Plausible's needs a page around it, which is made up here.
import { Analytics } from "@segment/analytics-node";
import umamiPackage from "@umami/node";

const target = process.argv[2];
const umami = umamiPackage.default; // Node.js itself sees the package as CommonJS

async function sendBySegment() {
  const analytics = new Analytics({ writeKey: "key", host: target, maxEventsInBatch: 3 });
  const failures = [];
  analytics.on("error", (error) => failures.push(error));
  const page = (path) => ({ page: { url: `https://segment.example${path}`, path } });
  const visitor = { anonymousId: "visitor-1" };
  analytics.page({ ...visitor, context: { ...page("/shop"), campaign: { name: "spring" } } });
  analytics.identify({ ...visitor, userId: "user-1", traits: { plan: "pro" } });
  analytics.track({ ...visitor, userId: "user-1", event: "Product Added", context: page("/shop") });
  analytics.track({
    ...visitor,
    userId: "user-1",
    event: "Order Completed",
    properties: { order_id: "order-1", revenue: 25.5, currency: "EUR" },
    context: page("/thanks"),
  });
  // A second visitor looks at one page and is identified: a bounce.
  analytics.page({ anonymousId: "visitor-2", context: page("/shop") });
  analytics.identify({ anonymousId: "visitor-2", userId: "user-2" });
  await analytics.closeAndFlush();
  if (failures.length > 0) throw new Error(`segment: ${JSON.stringify(failures)}`);
}

async function sendByUmami() {
  const hostname = "umami.example";
  umami.init({ websiteId: "94db1cb1-74f4-4a40-ad6c-962362670409", hostUrl: target });
  const answers = [
    await umami.track({ hostname, url: "/docs", referrer: "https://www.google.com/" }),
    await umami.track({ hostname, url: "/buy" }),
    await umami.track({ hostname, url: "/buy", name: "purchase", data: { revenue: 12, currency: "USD" } }),
    await umami.identify({ plan: "pro" }),
  ];
  for (const answer of answers) {
    const body = await answer.json();
    if (answer.status !== 200 || !body.cache || !body.sessionId) throw new Error(`umami: ${answer.status}`);
  }
}

/// As much of a page as Plausible's tracker looks at.
function makePage(href) {
  const quiet = () => {};
  const history = { pushState: (state, title, path) => (location.pathname = path) };
  Object.assign(globalThis, {
    location: Object.assign(new URL(href), {}),
    document: {
      referrer: "", body: {}, documentElement: {}, visibilityState: "visible", hasFocus: () => true,
      addEventListener: quiet,
    },
    ResizeObserver: class { observe() {} },
  });
  globalThis.window = {
    fetch, history, location, localStorage: {}, navigator: {}, innerHeight: 1, scrollY: 0, addEventListener: quiet,
  };
}

async function sendByPlausible() {
  makePage("https://plausible.example/blog");
  const { init, track } = await import("@plausible-analytics/tracker");
  const sent = (name, options) =>
    new Promise((resolve, reject) => {
      const callback = (answer) => (answer?.status === 202 ? resolve() : reject(new Error(`plausible: ${name}`)));
      track(name, { ...options, callback });
    });
  init({ domain: "plausible.example", endpoint: `${target}/api/event`, autoCapturePageviews: false });
  await sent("pageview", {});
  await sent("Video: Autoplay", { interactive: false });
  window.history.pushState(null, "", "/pricing");
  await sent("pageview", {});
  await sent("Subscription", { revenue: { amount: 9.99, currency: "USD" } });
}

await sendBySegment();
await sendByUmami();
await sendByPlausible();
