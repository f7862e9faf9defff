// Keeps pages that were lately seen, for a cellar without a network: pages of things and places, their pictures, our files.
// Nothing is changed while there is no network, and whatever the endpoint answers wins. Signing in or out empties all of it
// (`Clear-Site-Data`), and so does the page that asks to sign in.
"use strict";
const PAGES = "pages";
const PHOTOS = "photos";
const OWN = "files";
const OFFLINE = "/offline";
const MOST = { [PAGES]: 60, [PHOTOS]: 200 };
const IS_KEPT = /^\/(items\/[0-9a-f-]{36}(\/history)?|places|low)?$/;
const IS_PICTURE = /^\/photos\/[0-9a-f-]{36}\/(320|1280)$/;

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const own = await caches.open(OWN);
    await own.addAll([...FILES, OFFLINE]);
    await self.skipWaiting();
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    const own = await caches.open(OWN);
    const wanted = new Set([...FILES, OFFLINE]);
    for (const request of await own.keys()) {
      if (!wanted.has(new URL(request.url).pathname)) await own.delete(request);
    }
    await self.clients.claim();
  })());
});

// The newest goes last, the oldest go first.
const keep = async (name, address, answer) => {
  const cache = await caches.open(name);
  await cache.delete(address);
  await cache.put(address, answer);
  const kept = await cache.keys();
  for (const old of kept.slice(0, Math.max(0, kept.length - MOST[name]))) await cache.delete(old);
};

const forget = () => Promise.all([caches.delete(PAGES), caches.delete(PHOTOS)]);

const page = async (event, url) => {
  const isPlain = url.search === "" || /^\?did=[0-9a-f-]+$/.test(url.search);
  try {
    const answer = await fetch(event.request);
    // Where a session that is over leads.
    if (url.pathname === "/sign-in") event.waitUntil(forget());
    else if (answer.status === 200 && !answer.redirected && isPlain && IS_KEPT.test(url.pathname)) {
      event.waitUntil(keep(PAGES, url.pathname, answer.clone()));
    }
    return answer;
  } catch (error) {
    const kept = await caches.match(url.pathname, { cacheName: PAGES });
    if (kept) return kept;
    if (event.request.mode === "navigate") return (await caches.match(OFFLINE, { cacheName: OWN })) ?? Response.error();
    throw error;
  }
};

const first = async (event, name, address) => {
  const kept = await caches.match(address, { cacheName: name });
  if (kept) return kept;
  const answer = await fetch(event.request);
  if (answer.status === 200 && MOST[name]) event.waitUntil(keep(name, address, answer.clone()));
  return answer;
};

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (event.request.mode === "navigate") event.respondWith(page(event, url));
  else if (IS_PICTURE.test(url.pathname)) event.respondWith(first(event, PHOTOS, url.pathname));
  else if (FILES.includes(url.pathname)) event.respondWith(first(event, OWN, url.pathname));
});
