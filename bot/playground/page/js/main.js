// The page: side bar, one or two panes, the panel; what the address says is what is shown.

import { Gone } from "./api.js";
import { Deck } from "./deck.js";
import { fill, h, icon } from "./dom.js";
import { house } from "./house.js";
import { Pane } from "./pane.js";
import { Panel } from "./panel.js";
import { closePopup } from "./popup.js";
import { wearTheme } from "./theme.js";
import { Watch } from "./watch.js";

const FIRST = { person: "U0LENA", place: "C0CARDS", second: "U0MARC" };
const FIRST_WORDS = "/onboarding start";

class Shell {
  panes = [];
  #reloading = null;
  #moving = false;

  constructor(node) {
    this.node = node;
    this.query = new URLSearchParams(location.search);
    this.split = this.query.get("split") === "1";
  }

  /** The pane that leads: its person breaks things and its language is the side bar's. */
  get pane() {
    return this.panes[0];
  }

  async start() {
    this.banner = h("div", { class: "banner", role: "alert", hidden: true });
    document.body.prepend(this.banner);
    await this.#firstLoad();
    this.#build();
    await Promise.all(this.panes.map((pane) => pane.refresh()));
    this.node.removeAttribute("aria-busy");
    this.#greet();
    const scene = this.query.get("scene");
    if (scene) {
      this.query.delete("scene");
      this.#writeAddress();
      if (!this.watch.playing) await this.deck.startScene(scene, this.query.get("mode") === "watch" ? "watch" : "jump");
    }
  }

  async #firstLoad() {
    for (;;) {
      try {
        await house.load();
        this.banner.hidden = true;
        return;
      } catch (error) {
        if (!(error instanceof Gone)) throw error;
        this.#gone();
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
    }
  }

  #build() {
    const { query } = this;
    this.sidebar = h("aside", { class: "sidebar" });
    this.main = h("main", { class: "panes", id: "talk" });
    this.panel = new Panel(this);
    this.deck = new Deck(this, () => this.pane);
    this.watch = new Watch(this);
    const place = (suffix) => query.get(`at${suffix}`) ?? FIRST.place;
    const first = house.people.has(query.get("as")) ? query.get("as") : FIRST.person;
    this.panes = [new Pane(this, { person: first, place: place(""), thread: query.get("thread") })];
    if (this.split) this.panes.push(this.#second());
    fill(this.node, this.sidebar, h("div", { class: "stage" }, this.watch.node, this.main), this.panel.node);
    this.#arrange();
    this.deck.render();
  }

  #second() {
    const { query } = this;
    const person = house.people.has(query.get("as2")) ? query.get("as2") : FIRST.second;
    return new Pane(this, { person, place: query.get("at2") ?? this.pane?.place ?? FIRST.place, thread: query.get("thread2") });
  }

  /** Put everything where one or two people need it. */
  #arrange() {
    this.node.classList.toggle("split", this.split);
    fill(this.main, this.panes.map((pane) => pane.node));
    for (const pane of this.panes) fill(pane.drawer, this.split ? pane.nav.node : null);
    fill(
      this.sidebar,
      h(
        "header",
        { class: "brand" },
        h("img", { src: "/page/mark.svg", alt: "", class: "face" }),
        h("div", {}, h("b", {}, house.state.workspace.name), this.deck.light),
        h(
          "button",
          {
            type: "button",
            class: "icon-button back-to-talk",
            "aria-label": this.pane.say.close,
            on: { click: () => this.showScreen("talk") },
          },
          icon("close"),
        ),
      ),
      h("div", { class: "sidebar-scroll" }, this.split ? null : this.pane.nav.node, this.deck.node),
      this.deck.clock,
      this.deck.tools,
    );
  }

  /** The words that invite the first step, in a workspace where nothing has happened yet. */
  #greet() {
    const { pane } = this;
    const person = house.person(pane.person);
    const untouched = !person.guest && pane.place === FIRST.place && !house.state.scene && !pane.talk.messages.some((one) =>
      one.user === house.bot(),
    );
    if (!untouched || this.query.has("scene") || pane.threadTs || pane.hasModal()) return;
    pane.talk.composer.write(FIRST_WORDS, { pulse: true });
    pane.talk.composer.box.focus({ preventScroll: true });
  }

  // What panes tell

  /** A pane shows something else: the address follows, so that a reload comes back here. */
  moved(pane) {
    if (this.split && pane !== this.pane) this.#note(pane, "2");
    else if (pane === this.pane) {
      this.#note(pane, "");
      if (this.deck) this.deck.render();
      this.showScreen("talk");
      this.panel.render();
      this.watch.render();
    }
    if (this.panes.length > 0) {
      document.documentElement.lang = this.pane.viewer.locale;
      document.querySelector(".skip").textContent = this.pane.say.skip;
      document.title = `${this.pane.place === "home" ? "Gantry" : `#${house.channels.get(this.pane.place)?.name ?? ""}`} · ${house.state.workspace.name}`;
    }
    this.#writeAddress();
  }

  #note(pane, suffix) {
    this.query.set(`as${suffix}`, pane.person);
    this.query.set(`at${suffix}`, pane.place);
    if (pane.threadTs) this.query.set(`thread${suffix}`, pane.threadTs);
    else this.query.delete(`thread${suffix}`);
  }

  #writeAddress() {
    const search = this.query.toString();
    history.replaceState(null, "", search ? `?${search}` : location.pathname);
  }

  up(pane, again) {
    this.banner.hidden = true;
    if (again) this.reload();
  }

  down() {
    this.#gone();
  }

  #gone() {
    const say = this.pane?.say.gone ?? "The playground server is gone. Start it again: this page comes back by itself.";
    fill(this.banner, icon("fault"), say);
    this.banner.hidden = false;
  }

  /** Fetch everything again; requests that come together count once. */
  reload() {
    this.#reloading = this.#reloading ?? setTimeout(async () => {
      this.#reloading = null;
      try {
        await house.load();
        await Promise.all(this.panes.map((pane) => pane.refresh()));
        this.panel.render();
      } catch (error) {
        if (!(error instanceof Gone)) throw error;
        this.#gone();
      }
    }, 50);
  }

  /** An event that concerns the house, not one person. */
  take(event) {
    if (["clock", "bot", "scene", "breaks"].includes(event.type)) {
      const jumping = event.type === "scene" && this.watch.jumping;
      house.keep(event.type, event[event.type]);
      if (jumping && !this.watch.playing) this.reload();
      if (event.type === "clock") for (const pane of this.panes) this.#again(pane);
      if (event.type === "scene") this.#follow();
    } else if (event.type === "traffic") house.tell("traffic", event.entry);
    else if (event.type === "stripe") house.tell("stripe");
    else if (event.type === "state") this.#stateChanged();
    else if (event.type === "reset") this.#reset();
  }

  #again(pane) {
    pane.talk.render();
    pane.thread.render();
  }

  async #stateChanged() {
    await house.load();
    for (const pane of this.panes) pane.render();
  }

  /** The server started over: so does the page, with its first person unless two sit side by side. */
  async #reset() {
    for (const pane of this.panes) pane.startOver(FIRST.place);
    if (!this.split) await this.pane.become(FIRST.person);
    this.panel.traffic.clear();
    house.tell("stripe");
    this.deck.breaks.forget();
    this.watch.dismiss();
    await house.load();
    await Promise.all(this.panes.map((pane) => pane.refresh()));
    if (this.pane.talk.composer.text === "") this.#greet();
  }

  // Scenes

  sceneStarts(mode) {
    this.watch.begins(mode, this.pane.viewer.locale);
    this.showScreen("talk");
    const { composer } = this.pane.talk;
    if (composer.text === FIRST_WORDS) composer.write("");
    closePopup();
  }

  /** Follow the person who acts: in their pane when there are two, by becoming them when there is one. */
  async #follow() {
    const { scene } = this.watch;
    if (!scene?.person || !this.watch.playing || this.watch.mode !== "watch") return;
    for (const pane of this.panes) pane.node.classList.toggle("acting", pane.person === scene.person);
    if (this.#moving || this.panes.some((pane) => pane.person === scene.person)) return;
    this.#moving = true;
    await (this.panes[1] ?? this.pane).become(scene.person);
    this.#moving = false;
    await this.#follow();
  }

  /** While a scene runs, go where something happens; of several things at once, to the last. */
  heard(event, pane) {
    if (event.message?.user === house.bot()) this.#botSpoke(pane);
    if (!this.watch?.playing || event.type !== "message") return;
    const { channel: place, message } = event;
    const channel = house.channels.get(place);
    const speaks = [house.bot(), this.watch.scene.person].includes(message.user);
    if (!speaks || !channel || channel.is_im || !channel.members.includes(pane.person)) return;
    const thread = message.thread_ts && message.thread_ts !== message.ts ? message.thread_ts : null;
    clearTimeout(pane.following);
    pane.following = setTimeout(() => {
      if (!channel.members.includes(pane.person)) return;
      if (pane.place !== place || (thread && pane.threadTs !== thread)) pane.openChannel(place, { thread });
    }, 250);
  }

  /** The bot spoke: nobody needs the invitation any more, and what comes next may have changed. */
  #botSpoke(pane) {
    const { composer } = pane.talk;
    if (composer.text === FIRST_WORDS && document.activeElement !== composer.box) composer.write("");
    house.lookAhead();
  }

  // The frame

  openNav(pane) {
    if (this.split) {
      pane.drawer.hidden = !pane.drawer.hidden;
      pane.drawer.querySelector("button")?.focus();
    } else this.showScreen("nav");
  }

  /** On a phone one thing fills the screen: `nav`, `talk` or `panel`. */
  showScreen(name) {
    this.node.dataset.screen = name;
  }

  showPhone(pane, message, channel) {
    this.panel.choose(message, channel);
  }

  async toggleSplit() {
    this.split = !this.split;
    if (this.split) {
      this.query.set("split", "1");
      this.panes.push(this.#second());
    } else {
      this.panes.pop().end();
      for (const key of ["split", "as2", "at2", "thread2"]) this.query.delete(key);
    }
    this.#writeAddress();
    this.#arrange();
    this.deck.render();
    this.pane.render();
    if (this.split) await this.panes[1].refresh();
  }
}

wearTheme();
new Shell(document.getElementById("shell")).start();
