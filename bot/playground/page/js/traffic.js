// The raw requests both ways, newest first, with a filter and expandable JSON.

import { get } from "./api.js";
import { fill, h, icon, iconButton } from "./dom.js";
import { house } from "./house.js";

const KEPT = 500;
const WORDS = {
  en: {
    filter: "Filter: a method, an error, an id…",
    way: "Direction",
    all: "All",
    to: "To the bot",
    from: "From the bot",
    none: "Nothing yet.",
    copy: "Copy",
    request: "Request",
    response: "Response",
    silent: "no answer",
  },
  fr: {
    filter: "Filtrer : méthode, erreur, identifiant…",
    way: "Sens",
    all: "Tout",
    to: "Vers le bot",
    from: "Du bot",
    none: "Rien encore.",
    copy: "Copier",
    request: "Requête",
    response: "Réponse",
    silent: "sans réponse",
  },
};

function json(title, value, say) {
  if (value === null || value === undefined || value === "") return null;
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  return h(
    "div",
    { class: "json" },
    h("p", { class: "json-head" }, title, iconButton("copy", say.copy, (event) => copy(event.currentTarget, text))),
    h("pre", { tabindex: "0" }, text),
  );
}

async function copy(button, text) {
  await navigator.clipboard?.writeText(text);
  fill(button, icon("check"));
  setTimeout(() => fill(button, icon("copy")), 1200);
}

export class Traffic {
  #entries = new Map();
  #rows = new Map();
  #filter = "";
  #way = "";
  #off = null;

  constructor() {
    this.list = h("div", { class: "traffic-list", role: "list" });
    this.node = h("div", { class: "traffic", data: { testid: "traffic" } });
  }

  #build(locale) {
    const say = WORDS[locale.startsWith("fr") ? "fr" : "en"];
    if (this.say === say) return;
    this.say = say;
    this.#rows.clear();
    const search = h(
      "input",
      {
        type: "search",
        class: "input",
        placeholder: say.filter,
        "aria-label": say.filter,
        value: this.#filter,
        data: { testid: "traffic-filter" },
      },
    );
    search.addEventListener("input", () => {
      this.#filter = search.value.toLowerCase();
      this.#draw();
    });
    const ways = [["", say.all], ["to_bot", say.to], ["from_bot", say.from]].map(([way, label]) =>
      h(
        "button",
        {
          type: "button",
          class: "way",
          "aria-pressed": String(way === this.#way),
          on: { click: (event) => this.#choose(way, event.currentTarget) },
        },
        label,
      ),
    );
    this.ways = h("div", { class: "ways", role: "group", "aria-label": say.way }, ways);
    fill(this.node, h("div", { class: "traffic-bar" }, search, this.ways), this.list);
  }

  #choose(way, button) {
    this.#way = way;
    for (const one of this.ways.children) one.setAttribute("aria-pressed", String(one === button));
    this.#draw();
  }

  /** Fetch what is new and listen for more. */
  async start(viewer) {
    this.#build(viewer.locale);
    this.#off = this.#off ?? house.on("traffic", (entry) => this.#take([entry]));
    const last = Math.max(0, ...this.#entries.keys());
    this.#draw();
    this.#take((await get("traffic", { after: last })).entries);
  }

  pause() {
    this.#off?.();
    this.#off = null;
  }

  /** Forget everything: the server started over. */
  clear() {
    this.#entries.clear();
    this.#rows.clear();
    this.#draw();
  }

  #take(entries) {
    for (const entry of entries) {
      this.#entries.set(entry.n, entry);
      this.#rows.delete(entry.n);
    }
    const surplus = [...this.#entries.keys()].sort((a, b) => a - b).slice(0, -KEPT);
    for (const n of surplus) {
      this.#entries.delete(n);
      this.#rows.delete(n);
    }
    this.#draw();
  }

  #fits(entry) {
    if (this.#way && entry.direction !== this.#way) return false;
    return !this.#filter || JSON.stringify(entry).toLowerCase().includes(this.#filter);
  }

  #draw() {
    const shown = [...this.#entries.values()].filter((entry) => this.#fits(entry)).sort((a, b) => b.n - a.n).slice(0, 200);
    fill(this.list, shown.length > 0 ? shown.map((entry) => this.#row(entry)) : h("p", { class: "quiet pad" }, this.say?.none));
  }

  #row(entry) {
    if (this.#rows.has(entry.n)) return this.#rows.get(entry.n);
    const status = entry.response?.ok === false ? entry.response.error : entry.status;
    const bad = entry.response?.ok === false || !(entry.status >= 200 && entry.status < 300);
    const clock = new Date(entry.at * 1000).toLocaleTimeString("en-GB");
    const node = h(
      "details",
      { class: "entry", role: "listitem" },
      h(
        "summary",
        {},
        h(
          "span",
          { class: `arrow ${entry.direction}`, title: entry.direction === "to_bot" ? "Slack → bot" : "Bot → Slack" },
          entry.direction === "to_bot" ? "→" : "←",
        ),
        h("span", { class: "entry-kind" }, entry.kind),
        h("span", { class: `entry-status ${bad ? "bad" : ""}` }, String(status ?? this.say.silent)),
        h("span", { class: "entry-ms" }, entry.ms === null || entry.ms === undefined ? "" : `${entry.ms} ms`),
        h("time", { class: "entry-at" }, clock),
      ),
    );
    node.addEventListener("toggle", () => {
      if (node.open && node.children.length === 1) node.append(
        ...[json(this.say.request, entry.request, this.say), json(this.say.response, entry.response, this.say)].filter(Boolean)
      );
    });
    this.#rows.set(entry.n, node);
    return node;
  }
}
