// One person at work: their conversation, thread, Home, forms. Two panes side by side share nothing but the house.

import { Gone, Refused, get, listen, post } from "./api.js";
import { fill, h, iconButton } from "./dom.js";
import { drawHead } from "./head.js";
import { Home } from "./home.js";
import { house } from "./house.js";
import { Modal } from "./modal.js";
import { Nav } from "./nav.js";
import { Talk } from "./talk.js";
import { words } from "./words.js";

export class Pane {
  unread = {};
  ephemerals = [];
  #stop = () => undefined;

  /** `shell` is told where the pane stands (`moved`), asked to show panels, and hears connections. */
  constructor(shell, { person, place, thread }) {
    this.shell = shell;
    this.person = person;
    this.place = place;
    this.threadTs = thread ?? null;
    this.nav = new Nav(this);
    this.node = h("section", { class: "pane" });
    this.#build();
    this.#listen();
  }

  get viewer() {
    return house.person(this.person);
  }

  get say() {
    return words(this.viewer.locale);
  }

  /** The channel shown, null on Home. */
  get channel() {
    return this.place === "home" ? null : this.place;
  }

  hasModal() {
    return Boolean(this.modal.view);
  }

  #build() {
    const { say } = this;
    this.talk = new Talk(this);
    this.thread = new Talk(this, { thread: true });
    this.modal = new Modal(this);
    this.head = h("header", { class: "chat-head" });
    this.home = new Home(this);
    this.chat = h("div", { class: "chat" }, this.head, this.talk.node, this.home.node);
    this.side = h(
      "aside",
      { class: "side", hidden: true, "aria-label": say.thread, data: { testid: "thread" } },
      h(
        "header",
        { class: "chat-head" },
        iconButton("back", say.back, () => this.closeThread(), { class: "only-narrow" }),
        h("h2", {}, say.thread),
        iconButton("close", say.close, () => this.closeThread(), { class: "only-wide", "data-testid": "thread-close" }),
      ),
      this.thread.node,
    );
    this.drawer = h("div", { class: "drawer", hidden: true });
    this.body = h("div", { class: "pane-body" }, this.chat, this.side);
    this.body.addEventListener("pointerdown", (event) => {
      if (!event.target.closest(".nav-button")) this.drawer.hidden = true;
    });
    fill(this.node, this.body, this.drawer, this.modal.node);
    this.node.lang = this.viewer.locale;
    this.node.setAttribute("aria-label", this.viewer.name);
    this.node.dataset.person = this.person;
  }

  #listen() {
    this.#stop();
    const mine = this.person;
    this.#stop = listen(mine, {
      onEvent: (event) => this.#take(event),
      onUp: (again) => this.shell.up(this, again),
      onDown: () => this.shell.down(this),
    });
  }

  /** Stop listening; the pane is not used again. */
  end() {
    this.#stop();
    this.node.remove();
  }

  /** Change who sits here. */
  async become(person) {
    if (person === this.person) return;
    this.person = person;
    this.ephemerals = [];
    const channel = house.channels.get(this.place);
    const sees = this.place === "home" || (channel && !channel.is_im && house.channelsOf(person).includes(channel));
    if (!sees) {
      this.place = house.channelsOf(person)[0]?.id ?? "home";
      this.threadTs = null;
    }
    this.#build();
    this.#listen();
    this.shell.moved(this);
    await this.refresh();
  }

  /** Forget what was shown before the server started over. */
  startOver(place) {
    this.ephemerals = [];
    this.modal.show(null);
    this.closeThread();
    this.talk.clear();
    this.place = house.channelsOf(this.person).some((channel) =>
      channel.id === place,
    ) ? place : house.channelsOf(this.person)[0].id;
  }

  /** Fetch everything this pane shows. */
  async refresh() {
    this.unread = await get("unread", { person: this.person });
    if (this.place !== "home" && !house.channels.has(this.place)) this.place = house.channelsOf(this.person)[0].id;
    this.render();
    this.#show(this.place === "home");
    if (this.place === "home") await this.openHome();
    else if (!(await this.talk.open(this.place))) await this.openChannel(house.channelsOf(this.person)[0].id);
    if (this.threadTs && this.place !== "home") await this.openThread(this.threadTs, { focus: false });
    const { view, stack } = await get("view", { person: this.person });
    this.modal.show(view, stack);
  }

  render() {
    this.nav.render();
    drawHead(this);
    if (this.talk.channel) this.talk.composer.refresh();
    if (this.thread.channel) this.thread.composer.refresh();
  }

  async openChannel(id, { thread = null } = {}) {
    this.drawer.hidden = true;
    const same = this.place === id && this.talk.channel === id;
    this.place = id;
    if (!same) this.closeThread();
    this.#show(false);
    this.render();
    this.shell.moved(this);
    if (!same) await this.talk.open(id);
    if (thread) await this.openThread(thread, { focus: false });
  }

  /** The direct message with the bot; the server makes it when it is wanted for the first time. */
  async openDirect() {
    await this.#try(() => post("home", { person: this.person, tab: "messages" }), this.talk);
    if (!house.directMessage(this.person)) await house.load();
    const direct = house.directMessage(this.person);
    if (direct) await this.openChannel(direct.id);
  }

  async openThread(ts, { focus = true } = {}) {
    this.threadTs = ts;
    this.side.hidden = false;
    this.node.dataset.thread = "open";
    this.shell.moved(this);
    if (!(await this.thread.open(this.place, ts))) {
      this.closeThread();
      return;
    }
    if (focus) this.thread.composer.box.focus({ preventScroll: true });
  }

  closeThread() {
    this.threadTs = null;
    this.side.hidden = true;
    delete this.node.dataset.thread;
    this.thread.clear();
    this.shell.moved(this);
  }

  async openHome() {
    this.drawer.hidden = true;
    this.place = "home";
    this.closeThread();
    this.#show(true);
    this.render();
    await this.home.load();
    await this.#try(() => post("home", { person: this.person }), this.talk);
  }

  /** What fills the column: the conversation or Home. */
  #show(home) {
    this.talk.node.hidden = home;
    this.home.node.hidden = !home;
  }

  #take(event) {
    if (event.type === "view") this.#form(event);
    else if (event.type === "home") this.home.take(event.view);
    else if (event.type === "error") this.#trouble(event);
    else if (event.type === "unread") {
      this.unread[event.channel] = { unread: event.unread, mentions: event.mentions };
      if (event.channel !== this.place) this.nav.render(); // the place somebody is at has no mark
    } else if (event.type.startsWith("ephemeral")) this.#ephemeral(event);
    else if (["message", "changed", "deleted"].includes(event.type)) {
      this.talk.take(event);
      if (this.threadTs) this.thread.take(event);
    } else this.shell.take(event, this);
    if (event.channel && !house.channels.has(event.channel)) house.load().then(() => this.render());
    this.shell.heard(event, this);
  }

  #form({ view, stack }) {
    const { watch } = this.shell;
    if (!watch.jumping) this.modal.show(view, stack, watch.playing);
  }

  #ephemeral(event) {
    const others = this.ephemerals.filter((one) => one.message.ts !== event.ts && one.message.ts !== event.message?.ts);
    const before = this.ephemerals.find((one) => one.message.ts === (event.ts ?? event.message?.ts));
    this.ephemerals = others;
    if (event.message) {
      const message = { ...event.message, ephemeral: true };
      this.ephemerals.push({ channel: event.channel, thread_ts: event.thread_ts ?? before?.thread_ts ?? null, message });
    }
    for (const talk of [this.talk, this.thread]) {
      if (talk.channel !== event.channel) continue;
      talk.render();
      if (event.type === "ephemeral") talk.toEnd();
    }
  }

  #trouble(event) {
    if (this.hasModal()) this.modal.trouble(event);
    else if (this.threadTs && this.side.contains(document.activeElement)) this.thread.notice(event);
    else this.talk.notice(event);
  }

  async #try(work, talk) {
    try {
      await work(); // what the bot did wrong comes as an `error` event; a refusal comes here
    } catch (error) {
      if (!(error instanceof Refused || error instanceof Gone)) throw error;
      if (this.hasModal()) this.modal.trouble({ title: error.message });
      else talk.notice({ title: error.message });
    }
  }

  /** Send a click or a choice to the bot. */
  act(container, action, state, talk = this.talk) {
    return this.#try(() => post("action", { person: this.person, container, action, state }), talk);
  }

  /** Ask the bot for the options of an external select. */
  suggest(where, blockId, actionId, value) {
    return post("suggest", { person: this.person, ...where, block_id: blockId, action_id: actionId, value });
  }

  shortcut(callbackId, talk, ts = null) {
    const where = ts ? { channel: talk.channel, ts } : {};
    return this.#try(() => post("shortcut", { person: this.person, callback_id: callbackId, ...where }), talk);
  }

  showPhone(message, channel) {
    this.shell.showPhone(this, message, channel);
  }
}
