// The tracker: tells a Leadyard server of visits, leads and purchases on the pages of a site.
// It speaks LeadDyno's public interface. It never throws into the page, and its callbacks always fire.
(function (window, document) {
  "use strict";
  const early = window.LeadDyno && typeof window.LeadDyno === "object" ? window.LeadDyno : {};
  if (early.isLeadyard) return;

  const NAME = "_ldy", LAST_EMAIL = "_ldy_e", UNSENT = "_ldy_q";
  const COOKIE_SECONDS = 400 * 86400, CALLBACK_MS = 3000, REQUEST_MS = 10000, MOST_UNSENT = 50;
  const TYPING_MS = 700;
  const RETRY_MS = [500, 2000, 6000];
  const EMAIL = /^[^@\s,;<>"]+@[^@\s,;<>"]+\.[^@\s,;<>"]+$/;
  const PLACEHOLDER = /(\{\{|%7B%7B)leaddyno\.visit\.id(\}\}|%7D%7D)/gi;

  let server = "%SERVER%";
  let key = early.key, domain = early.domain, consent = early.consent;
  let isAllowed = null, log = () => {}, identity = null, lastEmail = null;
  let unsent = null, isPumping = false, failures = 0, started = new Set();
  let pages = new Set(), page = null, watchers = [], rewriters = [], observer = null;

  // Storage: a cookie, mirrored in localStorage, and memory where both are refused.

  const attempt = (action, otherwise) => {
    try { return action(); } catch (error) { log(String(error)); return otherwise; }
  };
  const stored = (name) => attempt(() => window.localStorage.getItem(name), null);
  const store = (name, value) => attempt(() =>
    value === null ? window.localStorage.removeItem(name) : window.localStorage.setItem(name, value));

  const cookies = () => attempt(() => document.cookie.split("; ")
    .filter((cookie) => cookie.startsWith(NAME + "=")).map((cookie) => cookie.slice(NAME.length + 1)), []);
  const writeCookie = (value, seconds, root) => attempt(() => {
    document.cookie = NAME + "=" + value + "; path=/; max-age=" + seconds + "; SameSite=Lax"
      + (root ? "; domain=" + root : "") + (window.location.protocol === "https:" ? "; Secure" : "");
  });

  const newId = () => {
    const bytes = attempt(() => window.crypto.getRandomValues(new Uint8Array(16)),
      null) || Uint8Array.from({ length: 16 }, () => Math.random() * 256);
    bytes[6] = bytes[6] & 15 | 64;
    bytes[8] = bytes[8] & 63 | 128;
    const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  };

  const readIdentity = () => cookies().concat(stored(NAME) || [])
    .map((text) => /^1\.([0-9A-Za-z-]{1,64})\.(\d{1,11})$/.exec(text)).filter(Boolean)
    .map((found) => ({ id: found[1], since: Number(found[2]) }))
    .sort((one, other) => one.since - other.since)[0];

  const identify = () => {
    if (!identity) {
      identity = mayStore() && readIdentity() || { id: newId(), since: Math.floor(Date.now() / 1000) };
      keepIdentity();
    }
    return identity.id;
  };
  const keepIdentity = () => {
    if (!identity || !mayStore()) return;
    const value = "1." + identity.id + "." + identity.since;
    writeCookie(value, COOKIE_SECONDS, domain);
    store(NAME, value);
  };

  // Consent.

  const asksNotToTrack = () => tracker.respectDoNotTrack === true
    && (window.navigator.globalPrivacyControl === true || window.navigator.doNotTrack === "1");
  const mayStore = () => isAllowed === null ? consent !== "required" && !asksNotToTrack() : isAllowed;

  // Sending: one event at a time, in order; what is not answered is sent again, on this page or the next.

  const queue = () => {
    if (!unsent) unsent = attempt(() => JSON.parse(stored(UNSENT)), null) || [];
    return unsent;
  };
  const keepQueue = () => {
    if (mayStore()) store(UNSENT, queue().length ? JSON.stringify(queue().slice(-MOST_UNSENT)) : null);
  };

  const outcomes = new Map();
  const settle = (id, outcome) => {
    const done = outcomes.get(id);
    outcomes.delete(id);
    if (done) done(outcome);
  };

  const transmit = (event) => new Promise((resolve) => {
    started.add(event.body.n);
    const controller = window.AbortController ? new AbortController() : null;
    const timer = setTimeout(() => { if (controller) controller.abort(); finish(false); }, REQUEST_MS);
    const finish = (isTaken) => {
      clearTimeout(timer);
      if (!isTaken) started.delete(event.body.n);
      resolve(isTaken);
    };
    try {
      window.fetch(server + "/collector/v1/" + event.kind, {
        method: "POST", keepalive: true, credentials: "omit", mode: "cors",
        body: JSON.stringify(event.body), signal: controller ? controller.signal : undefined,
      }).then((answer) => finish(answer.status < 500 && answer.status !== 429), () => finish(false));
    } catch (error) {
      finish(false);
    }
  });

  const pump = async () => {
    if (isPumping || !key || !mayStore()) return;
    isPumping = true;
    while (queue().length && key && mayStore()) {
      const event = queue()[0];
      event.body.k = key;
      const isTaken = await transmit(event);
      log(event.kind + (isTaken ? " sent" : " not sent"));
      if (isTaken) {
        unsent = queue().filter((other) => other !== event);
        failures = 0;
        keepQueue();
        settle(event.body.n, { ok: true });
      } else if (failures < RETRY_MS.length) {
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS[failures++]));
      } else {
        // It waits in storage for the next call or the next page.
        failures = 0;
        break;
      }
    }
    isPumping = false;
  };

  const flushByBeacon = () => {
    if (!key || !mayStore()) return;
    for (const event of queue()) {
      if (started.has(event.body.n)) continue;
      event.body.k = key;
      attempt(() => window.navigator.sendBeacon(
        server + "/collector/v1/" + event.kind, JSON.stringify(event.body)));
    }
  };

  const enqueue = (kind, more) => {
    const body = Object.assign({ t: identify(), n: newId(), u: window.location.href }, more);
    const named = window.lead_dyno_affiliate_email;
    if (typeof named === "string" && named) body.a = named;
    if (tracker.channel) body.ch = String(tracker.channel);
    queue().push({ kind, body });
    keepQueue();
    const answered = new Promise((resolve) => {
      outcomes.set(body.n, resolve);
      setTimeout(() => settle(body.n, { ok: false, reason: key ? "timeout" : "no_key" }), CALLBACK_MS);
    });
    if (!mayStore()) settle(body.n, { ok: false, reason: "no_consent" });
    pump();
    return answered;
  };

  // A callback fires once and never inside the call, and what it throws is the page's own.
  const report = (outcome, callback) => Promise.resolve(outcome).then((result) => {
    if (callback) setTimeout(() => callback(result), 0);
    return result;
  });

  // Visits.

  const pathOf = () => window.location.pathname + (/^#[/!]/.test(window.location.hash) ? window.location.hash : "");
  const visit = (referrer) => {
    page = pathOf();
    if (pages.has(window.location.href)) return { ok: true };
    pages.add(window.location.href);
    keepIdentity();
    followPages();
    rewrite();
    return enqueue("visit", referrer ? { r: referrer } : {});
  };
  const needVisit = () => { if (!pages.size) visit(document.referrer); };

  let isFollowing = false;
  const followPages = () => {
    if (isFollowing) return;
    isFollowing = true;
    let address = window.location.href;
    const moved = () => {
      const before = address;
      address = window.location.href;
      if (tracker.spa !== false && pathOf() !== page) visit(before);
    };
    for (const name of ["pushState", "replaceState"]) {
      const original = window.history[name];
      attempt(() => {
        window.history[name] = function () {
          const result = original.apply(this, arguments);
          attempt(moved);
          return result;
        };
      });
    }
    window.addEventListener("popstate", () => attempt(moved));
    window.addEventListener("hashchange", () => attempt(moved));
  };

  // Leads, purchases, cancellations.

  const read = (values) => {
    const given = { data: {} };
    for (const value of values) {
      if (typeof value === "string" && given.email === undefined) given.email = value.trim();
      else if (typeof value === "function" && !given.callback) given.callback = value;
      else if (value && typeof value === "object") given.data = Object.assign({}, value);
    }
    given.email = given.email || (typeof given.data.email === "string" ? given.data.email.trim() : "");
    delete given.data.email;
    if (given.email) {
      lastEmail = given.email;
      if (mayStore()) store(LAST_EMAIL, given.email);
    } else {
      given.email = lastEmail || mayStore() && stored(LAST_EMAIL) || "";
    }
    return given;
  };
  const record = (kind, values) => {
    const given = read(values);
    if (!given.email) return report({ ok: false, reason: "no_email" }, given.callback);
    needVisit();
    return report(enqueue(kind, { e: given.email, d: given.data }), given.callback);
  };

  const look = (input) => {
    const text = input && typeof input.value === "string" && input.type !== "password" ? input.value.trim() : "";
    if (text.length > 254 || !EMAIL.test(text)) return;
    const isKnown = watchers.some((watcher) => watcher.seen.has(text));
    const fresh = watchers.filter((watcher) => !watcher.seen.has(text)
      && (!watcher.selector || attempt(() => input.matches(watcher.selector), false)));
    if (fresh.length && !isKnown) record("lead", [text]);
    for (const watcher of fresh) {
      watcher.seen.add(text);
      if (watcher.callback) setTimeout(() => watcher.callback(text), 0);
    }
  };
  // What browsers and servers have filled in; a hidden field is the merchant's own, such as PayPal's `business`.
  const lookAround = () => attempt(() => {
    for (const input of document.querySelectorAll("input:not([type=hidden i]), textarea")) look(input);
  });
  const lookWhenTyped = (input) => {
    const text = input.value;
    setTimeout(() => { if (input.value === text) attempt(() => look(input)); }, TYPING_MS);
  };
  const watch = (selector, callback) => {
    if (!watchers.length) {
      for (const name of ["change", "focusout", "blur"]) {
        document.addEventListener(name, (event) => attempt(() => look(event.target)), true);
      }
      document.addEventListener("input", (event) => attempt(() => lookWhenTyped(event.target)), true);
      window.addEventListener("load", lookAround);
      document.addEventListener("submit", (event) => attempt(() => {
        for (const input of event.target.elements || []) look(input);
      }), true);
    }
    watchers.push({ selector, callback, seen: new Set() });
    lookAround();
  };

  // The tracking id in links and forms, those that are there and those that come.

  let rewriteTimer = 0;
  const rewriteSoon = () => {
    if (!rewriteTimer) rewriteTimer = setTimeout(() => { rewriteTimer = 0; attempt(rewrite); }, 20);
  };
  const rewrite = () => {
    if (!mayStore()) return;
    if (!observer && window.MutationObserver) {
      observer = new MutationObserver(rewriteSoon);
      observer.observe(document.documentElement, { childList: true, subtree: true });
      document.addEventListener("DOMContentLoaded", rewriteSoon);
    }
    const id = identify();
    const fill = (text) => text.replace(PLACEHOLDER, id);
    for (const link of document.querySelectorAll("a[href*='leaddyno.visit.id' i]")) {
      const href = link.getAttribute("href");
      if (fill(href) !== href) link.setAttribute("href", fill(href));
    }
    for (const input of document.querySelectorAll("input, textarea, option")) {
      if (typeof input.value === "string" && fill(input.value) !== input.value) input.value = fill(input.value);
    }
    for (const rewriter of rewriters) attempt(() => rewriter(id));
  };
  const setParameter = (link, name, id) => {
    const address = new URL(link.href);
    if (address.searchParams.get(name) === id) return;
    address.searchParams.set(name, id);
    link.href = address.href;
  };
  const setField = (form, name, id) => {
    let field = form.querySelector("input[name='" + name + "']");
    if (!field) {
      field = document.createElement("input");
      field.type = "hidden";
      field.name = name;
      form.appendChild(field);
    }
    if (field.value !== id) field.value = id;
  };
  const carry = (host, name, formAction, formField) => attempt(() => {
    rewriters.push((id) => {
      for (const link of document.querySelectorAll("a[href*='" + host + "']")) setParameter(link, name, id);
      for (const form of document.querySelectorAll("form[action*='" + formAction + "']")) setField(form, formField, id);
    });
    rewrite();
  });

  const tracker = Object.assign({}, early, {
    isLeadyard: true,
    recordVisit: (callback) => report(visit(document.referrer), typeof callback === "function" && callback),
    autoWatch: (callback) => watch(null, typeof callback === "function" && callback),
    watch: (selector, callback) => watch(String(selector), typeof callback === "function" && callback),
    recordLead: (...values) => record("lead", values),
    recordPurchase: (...values) => record("purchase", values),
    recordCancellation: (...values) => record("cancel", values),
    initPaypal: () => carry("paypal.com", "custom", "paypal.com", "custom"),
    initCoinbase: () => {
      carry("coinbase.com", "custom", "coinbase.com", "custom");
      rewriters.push((id) => document.querySelectorAll(".coinbase-button, [data-coinbase]").forEach(
        (button) => button.getAttribute("data-custom") === id || button.setAttribute("data-custom", id)));
      attempt(rewrite);
    },
    initChargebee: () => carry("chargebee.com", "subscription[affiliate_token]", "chargebee.com",
      "subscription[affiliate_token]"),
    initShopify: () => carry("/cart/", "attributes[leaddyno_visit_id]", "/cart", "attributes[leaddyno_visit_id]"),
    setConsent: (isGiven) => attempt(() => {
      isAllowed = isGiven === true;
      if (isAllowed) {
        identity = readIdentity() || identity;
        if (identity) queue().forEach(({ body }) => { body.t = identity.id; });
        keepIdentity();
        keepQueue();
        if (pages.size) rewrite();
        pump();
      } else {
        forget();
      }
    }),
    devTools: {
      getTrackingId: () => identify(),
      setServerUrl: (url) => { server = String(url).replace(/\/+$/, ""); },
      setLogger: (logger) => { log = typeof logger === "function" ? (text) => { logger(text); } : () => {}; },
      reset: () => { forget(); },
    },
  });

  const forget = () => {
    for (const { body } of queue()) settle(body.n, { ok: false, reason: "forgotten" });
    identity = lastEmail = null;
    unsent = [];
    pages = new Set();
    for (const name of [NAME, LAST_EMAIL, UNSENT]) store(name, null);
    writeCookie("", 0, null);
    if (domain) writeCookie("", 0, domain);
  };

  const property = (name, get, set) => Object.defineProperty(tracker, name, { get, set, enumerable: true });
  property("key", () => key, (value) => { key = value; attempt(pump); });
  property("consent", () => consent, (value) => { consent = value; });
  property("domain", () => domain, (value) => {
    if (value !== domain && (identity || cookies().length)) {
      attempt(identify);
      writeCookie("", 0, domain);
    }
    domain = value;
    attempt(keepIdentity);
  });

  // Whatever goes wrong inside, the page gets an outcome instead of an error.
  for (const name of Object.keys(tracker)) {
    const call = tracker[name];
    if (typeof call !== "function" || !/^(record|autoWatch|watch|init|setConsent)/.test(name)) continue;
    tracker[name] = (...values) => {
      try {
        return call(...values) || report({ ok: true });
      } catch (error) {
        log(String(error));
        const callback = name.startsWith("record") && values.find((value) => typeof value === "function");
        return report({ ok: false, reason: "failed" }, callback);
      }
    };
  }

  window.LeadDyno = tracker;
  window.addEventListener("pagehide", () => attempt(flushByBeacon));
  const replay = ([method, ...values]) => {
    const owner = method in tracker ? tracker : tracker.devTools;
    if (typeof owner[method] === "function") owner[method](...values);
  };
  tracker.q = { push: (...calls) => calls.forEach((call) => attempt(() => replay(call))) };
  tracker.q.push(...Array.isArray(early.q) ? early.q : []);
  attempt(pump);
})(window, document);
