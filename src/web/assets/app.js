// What pages gain with a script: results while typing, what others change, undo that counts down, tabs, keys.
// Everything works without it.
"use strict";
(() => {
  const body = document.body;
  document.documentElement.classList.add("js");

  // Results while typing: the newest question wins, an older answer is thrown away.
  const form = document.getElementById("search");
  const field = document.getElementById("q");
  const results = document.getElementById("results");
  let asking = null;
  let timer = 0;
  const query = () => {
    const pairs = [...new FormData(form)].filter(([, value]) => value.trim() !== "");
    return new URLSearchParams(pairs).toString();
  };
  const ask = async () => {
    asking?.abort();
    asking = new AbortController();
    const asked = query();
    const busy = setTimeout(() => results.classList.add("busy"), 300);
    try {
      const answer = await fetch(`/results?${asked}`, { signal: asking.signal });
      if (!answer.ok) throw new Error(answer.status);
      results.innerHTML = await answer.text();
      history.replaceState(null, "", asked ? `/?${asked}` : "/");
      chipsFollow();
    } catch (error) {
      if (error.name !== "AbortError") form.submit();
    } finally {
      clearTimeout(busy);
      results.classList.remove("busy");
    }
  };
  // The chips keep what is typed.
  const chipsFollow = () => {
    document.querySelector(".chips")?.classList.toggle("at-rest", query() === "");
    for (const chip of document.querySelectorAll(".chips a")) {
      const url = new URL(chip.href);
      const typed = field.value.trim();
      if (typed) url.searchParams.set("q", typed); else url.searchParams.delete("q");
      chip.href = url.pathname + url.search;
    }
  };
  if (form && field && results) {
    field.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(ask, 120);
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      clearTimeout(timer);
      ask();
    });
    field.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown") {
        const first = results.querySelector("a.rw");
        if (first) { event.preventDefault(); first.focus(); }
      }
      if (event.key === "Escape" && field.value) {
        event.preventDefault();
        field.value = "";
        ask();
      }
    });
    results.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step) return;
      const rows = [...results.querySelectorAll("a.rw")];
      const at = rows.indexOf(document.activeElement);
      if (at < 0) return;
      event.preventDefault();
      (rows[at + step] ?? (step < 0 ? field : rows[at])).focus();
    });
  }

  // Keys: `/` or Ctrl+K to the search field, wherever one is; `?` lists the others. A single letter presses what says it
  // is its key: what is seen first, else what is folded away.
  const keys = document.getElementById("keys");
  const single = document.getElementById("single-keys");
  const switchedOff = /(^|; )inventory_keys=off(;|$)/;
  const press = (key) => {
    const all = [...document.querySelectorAll(`[aria-keyshortcuts="${CSS.escape(key)}"]`)];
    const one = key === "u" ? document.querySelector("#toast button") : all.find((e) => e.checkVisibility()) ?? all[0];
    one?.click();
    return Boolean(one);
  };
  if (single) {
    single.checked = !switchedOff.test(document.cookie);
    single.addEventListener("change", () => {
      const choice = single.checked ? "on; Max-Age=0" : "off; Max-Age=31536000";
      document.cookie = `inventory_keys=${choice}; Path=/; SameSite=Lax`;
    });
  }
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, select, textarea");
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    const slash = event.key === "/" && !typing && plain;
    const ctrlK = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey);
    if (slash || ctrlK) {
      event.preventDefault();
      keys?.close();
      if (field) { field.focus(); field.select(); } else { location.assign("/#q"); }
    } else if (event.key === "?" && !typing && keys) {
      event.preventDefault();
      if (keys.open) keys.close(); else keys.showModal();
    } else if (/^[a-z]$/.test(event.key) && plain && !typing && !event.repeat && !keys?.open && single?.checked) {
      if (press(event.key)) event.preventDefault();
    }
    if (event.key === "Escape") {
      for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
    }
  });
  for (const button of document.querySelectorAll("[data-opens-keys]")) {
    button.hidden = false;
    button.addEventListener("click", () => keys.showModal());
  }
  if (field && location.hash === "#q") field.focus();
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  // Quick amounts, and no second booking by a second touch.
  for (const group of document.querySelectorAll("[data-fills]")) {
    const target = document.getElementById(group.dataset.fills);
    group.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) { target.value = button.value; target.focus(); }
    });
  }
  document.addEventListener("submit", (event) => {
    const sent = event.target;
    // What answers with a file leaves the page as it is.
    if (sent.method !== "post" || "download" in sent.dataset) return;
    if (sent.dataset.sent) { event.preventDefault(); return; }
    sent.dataset.sent = "1";
  });
  window.addEventListener("pageshow", () => {
    for (const sent of document.querySelectorAll("form[data-sent]")) delete sent.dataset.sent;
  });

  // Of a form that makes several things, what the chosen one has no use for goes.
  for (const choice of document.querySelectorAll("[data-chooses]")) {
    const follow = () => {
      for (const part of choice.form.querySelectorAll("[data-for]")) part.hidden = !part.dataset.for.split(" ").includes(choice.value);
    };
    choice.addEventListener("change", follow);
    window.addEventListener("pageshow", follow);
    follow();
  }

  // Undo counts down, then the notice goes; the undo stays in the history. A reload does not show it again.
  const toast = document.getElementById("toast");
  if (toast) {
    const address = new URL(location.href);
    address.searchParams.delete("did");
    history.replaceState(null, "", address.pathname + address.search + address.hash);
    const word = toast.querySelector(".undo-word");
    let seconds = 10;
    const tick = () => {
      if (seconds === 0) { clearInterval(clock); toast.remove(); return; }
      if (word) word.textContent = body.dataset.undoIn.replace("{seconds}", seconds);
      if (!toast.contains(document.activeElement)) seconds -= 1;
    };
    const clock = setInterval(tick, 1000);
    tick();
  }

  // Tabs: one part at a time.
  const tabs = document.querySelector(".tabs");
  if (tabs) {
    const links = [...tabs.querySelectorAll("a")];
    const show = (id) => {
      for (const link of links) {
        const own = link.hash === `#${id}`;
        if (own) link.setAttribute("aria-current", "true"); else link.removeAttribute("aria-current");
        document.getElementById(link.hash.slice(1)).hidden = !own;
      }
    };
    tabs.parentElement.classList.add("tabbed");
    tabs.addEventListener("click", (event) => {
      const link = event.target.closest("a");
      if (!link) return;
      event.preventDefault();
      show(link.hash.slice(1));
      history.replaceState(null, "", link.hash);
    });
    const asked = links.find((link) => link.hash === location.hash) ?? links[0];
    show(asked.hash.slice(1));
  }

  // The dots follow the photo in view.
  const strip = document.querySelector(".strip");
  const dots = document.querySelectorAll(".dots i");
  strip?.addEventListener("scroll", () => {
    const at = Math.round(strip.scrollLeft / strip.clientWidth);
    dots.forEach((dot, n) => dot.classList.toggle("on", n === at));
  }, { passive: true });

  // What others change: the parts of the page that may differ are fetched again and put in place, where nobody is at
  // work in them. Scroll and focus stay.
  const since = body.dataset.since;
  const parts = () => document.querySelectorAll("[data-live]");
  if (since && window.EventSource && parts().length) {
    let waiting = 0;
    const named = (summary) => summary.getAttribute("aria-label") ?? summary.textContent;
    const refresh = async () => {
      const typed = form && field && field.value.trim() !== "";
      const address = form ? `/?${query()}` : location.pathname + location.search;
      const answer = await fetch(address, { headers: { "x-refresh": "1" } });
      if (!answer.ok || (typed && address !== `/?${query()}`)) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const part of parts()) {
        const other = fresh.getElementById(part.id);
        const busy = part.contains(document.activeElement) && part.querySelector("form:focus-within, details[open].menu");
        if (!other || busy) continue;
        const comparable = (html) => html.replace(/(value|id)="[0-9a-f-]{32,}"/g, "");
        if (comparable(other.innerHTML) === comparable(part.dataset.was ?? part.innerHTML)) continue;
        const focused = part.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
        const open = [...part.querySelectorAll("details[open] > summary")].map(named);
        const shut = [...part.querySelectorAll("details:not([open]) > summary")].map(named);
        part.innerHTML = other.innerHTML;
        for (const summary of part.querySelectorAll("details > summary")) {
          const label = named(summary);
          if (open.includes(label)) summary.parentElement.open = true;
          else if (shut.includes(label)) summary.parentElement.open = false;
        }
        if (focused) part.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
      }
    };
    const soon = () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => refresh().catch(() => {}), 80);
    };
    const events = new EventSource(`/api/v1/changes?since=${encodeURIComponent(since)}`);
    const live = document.querySelector(".live");
    let trouble = 0;
    events.addEventListener("changed", soon);
    events.addEventListener("reload", soon);
    events.addEventListener("open", () => { clearTimeout(trouble); if (live) live.textContent = ""; });
    events.addEventListener("error", () => {
      clearTimeout(trouble);
      trouble = setTimeout(() => { if (live) live.textContent = body.dataset.liveOff; }, 4000);
    });
    window.addEventListener("pagehide", () => events.close());
    window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  }

  // A worker keeps what was lately seen, for where there is no network.
  if (since && "serviceWorker" in navigator) navigator.serviceWorker.register("/worker.js").catch(() => {});
  const seen = document.getElementById("seen-pages");
  if (seen && window.caches) {
    (async () => {
      const kept = await caches.open("pages");
      for (const request of (await kept.keys()).reverse()) {
        const html = await (await kept.match(request)).text();
        const link = document.createElement("a");
        link.className = "lr";
        link.href = new URL(request.url).pathname;
        link.textContent = new DOMParser().parseFromString(html, "text/html").title.replace(/ · inventory$/, "");
        seen.append(document.createElement("li"));
        seen.lastElementChild.append(link);
      }
    })();
  }
})();
