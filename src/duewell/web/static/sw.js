// Kept for when there is no network: the style, and one page with the due dates and the day they were true.
const KEPT = "duewell-MARK", PAGE = "/offline", PARTS = ["/static/duewell.css?v=MARK", "/static/icon.svg?v=MARK"];
addEventListener("install", (event) => {
  event.waitUntil(caches.open(KEPT).then((kept) => kept.addAll(PARTS)).then(() => skipWaiting()));
});
addEventListener("activate", (event) => {
  const old = (names) => Promise.all(names.filter((each) => each !== KEPT).map((each) => caches.delete(each)));
  event.waitUntil(caches.keys().then(old).then(() => clients.claim()));
});
const keep = async () => {
  const page = await fetch(PAGE, { headers: { accept: "text/html" }, redirect: "error" });
  if (page.ok) await (await caches.open(KEPT)).put(PAGE, page);
};
addEventListener("fetch", (event) => {
  const { request } = event, url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (PARTS.includes(url.pathname + url.search)) {
    event.respondWith(caches.match(request).then((found) => found || fetch(request)));
  } else if (request.mode === "navigate") {
    event.respondWith(fetch(request).then((page) => {
      if (url.pathname === "/home" && page.ok && !page.redirected) event.waitUntil(keep().catch(() => {}));
      return page;
    }).catch(async () => (await caches.match(PAGE)) || Response.error()));
  }
});
