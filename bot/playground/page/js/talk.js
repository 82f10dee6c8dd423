// A conversation: a channel's messages, or a thread's. It loads, listens, keeps the scroll and the read mark.

import { Composer } from "./composer.js";
import { Refused, get, post } from "./api.js";
import { day, dayKey } from "./dates.js";
import { fill, h, icon, iconButton, reconcile } from "./dom.js";
import { house } from "./house.js";
import { messageNode } from "./message.js";
import { Values } from "./values.js";

const CLOSE_BY = 300; // seconds within which the same author's messages stand together

export class Talk {
  messages = [];
  channel = null;
  root = null; // ts of the thread's first message
  unreadFrom = null;
  loading = false;
  #nodes = new Map();
  #values = new Map();
  #visit = 0;
  #missed = false;
  #atEnd = true;

  /** `thread`: show the replies of one message instead of a channel. */
  constructor(pane, { thread = false } = {}) {
    this.pane = pane;
    this.thread = thread;
    this.list = h(
      "div",
      {
        class: "list",
        role: "log",
        tabindex: "0",
        on: { scroll: () => this.#scrolled(), keydown: (event) => this.#walk(event) },
      },
    );
    this.notices = h("div", { class: "notices" });
    this.below = h(
      "button",
      { type: "button", class: "below", hidden: true, on: { click: () => this.toEnd() } },
      icon("down"),
      pane.say.newBelow,
    );
    this.composer = new Composer(this);
    new ResizeObserver(() => this.#atEnd && this.toEnd()).observe(this.list);
    this.node = h("div", { class: "talk" }, this.list, this.below, this.notices, this.composer.node);
  }

  /** Show a channel, or a thread of it; false when it cannot be seen any more. */
  async open(channel, root = null) {
    const fresh = channel !== this.channel || root !== this.root;
    this.channel = channel;
    this.root = root;
    if (fresh) {
      this.messages = [];
      this.unreadFrom = null;
      this.#nodes.clear();
      fill(this.notices);
      fill(this.list, bones());
      this.composer.refresh();
    }
    try {
      await this.reload(fresh);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return false;
    }
    return true;
  }

  /** Show nothing. */
  clear() {
    this.#visit += 1;
    this.channel = null;
    this.messages = [];
    this.#nodes.clear();
    fill(this.list);
  }

  /** Fetch again what is shown. What arrives meanwhile is not lost: it makes for one more fetch. */
  async reload(fresh = false) {
    this.#visit += 1;
    const visit = this.#visit;
    this.loading = true;
    const path = this.thread ? `thread/${this.channel}/${this.root}` : `channel/${this.channel}`;
    let answer;
    do {
      this.#missed = false;
      answer = await get(path, { person: this.pane.person });
      if (visit !== this.#visit) return;
    } while (this.#missed);
    this.messages = this.thread ? [answer.root, ...answer.replies] : answer.messages;
    this.loading = false;
    if (!this.thread && fresh && answer.unread > 0) {
      this.unreadFrom = this.messages.find((one) => one.ts > answer.last_read && one.user !== this.pane.person)?.ts ?? null;
    }
    const end = fresh || this.#nearEnd();
    this.render();
    if (end) this.toEnd();
  }

  /** Whether a message belongs here. */
  #holds(message) {
    if (this.thread) return message.ts === this.root || message.thread_ts === this.root;
    return !message.thread_ts || message.thread_ts === message.ts || message.subtype === "thread_broadcast" || (
      message.ephemeral && !message.thread_ts
    );
  }

  /** An event of the person's stream. */
  take(event) {
    if (event.channel !== this.channel) return;
    if (this.loading) {
      this.#missed = true;
      return;
    }
    if (event.type === "deleted") {
      this.messages = this.messages.filter((one) => one.ts !== event.ts);
    } else if (event.message) {
      if (!this.#holds(event.message)) return;
      const at = this.messages.findIndex((one) => one.ts === event.message.ts);
      if (at >= 0) this.messages[at] = event.message;
      else if (event.type === "changed") return;
      else this.messages = [...this.messages, event.message].sort((a, b) => (a.ts < b.ts ? -1 : 1));
      if (event.message.user === this.pane.person) this.unreadFrom = null;
    } else return;
    const end = this.#nearEnd(); // to ask lays the page out: only for what is shown here
    this.render();
    const own = event.type === "message" && event.message?.user === this.pane.person;
    if (end || own) this.toEnd();
    else if (event.type === "message") this.below.hidden = false;
  }

  /** Ephemerals live in the page only. */
  ephemerals() {
    return this.pane.ephemerals.filter((one) =>
      one.channel === this.channel && (this.thread ? one.thread_ts === this.root : !one.thread_ts),
    ).map((one) => one.message);
  }

  dismiss(ts) {
    this.pane.ephemerals = this.pane.ephemerals.filter((one) => one.message.ts !== ts);
    this.render();
  }

  /** What blocks of a message need to behave. */
  blockContext(message) {
    if (!this.#values.has(message.ts)) this.#values.set(message.ts, new Values());
    const values = this.#values.get(message.ts);
    values.retain(message.blocks);
    const container = { type: "message", channel: this.channel, ts: message.ts, ephemeral: message.ephemeral };
    return {
      viewer: this.pane.viewer,
      values,
      channel: this.channel,
      act: (action) => this.pane.act(container, action, values.all(), this),
      suggest: (block, action, value) => this.pane.suggest({ channel: this.channel, ts: message.ts }, block, action, value),
    };
  }

  render() {
    if (this.loading) return;
    const { viewer, say } = this.pane;
    const all = [...this.messages, ...this.ephemerals()].sort((a, b) => (a.ts < b.ts ? -1 : 1));
    const wanted = new Map();
    let before = null;
    for (const message of all) {
      const key = dayKey(message.at, viewer);
      if (!this.thread && (!before || dayKey(before.at, viewer) !== key)) {
        const label = day(message.at, viewer);
        wanted.set(
          `day ${key}`,
          this.#node(`day ${key}`, label, () => h("div", { class: "day", role: "separator" }, h("span", {}, label))),
        );
        before = null;
      }
      if (message.ts === this.unreadFrom) {
        wanted.set(
          "new",
          this.#node("new", "", () => h("div", { class: "new-line", role: "separator" }, h("span", {}, say.newLine))),
        );
        before = null;
      }
      const grouped = Boolean(before) && before.user === message.user && message.at - before.at < CLOSE_BY && !message.ephemeral && !before.ephemeral && !message.blocks?.length && !(
        this.thread && before.ts === this.root
      );
      const signature = `${grouped}${house.state.clock?.offset}${JSON.stringify(message)}`;
      wanted.set(message.ts, this.#node(message.ts, signature, () => messageNode(message, this, grouped)));
      if (this.thread && message.ts === this.root) {
        const count = all.length - 1;
        const label = count > 0 ? say.replies(count) : say.noReplies;
        wanted.set(
          "count",
          this.#node("count", label, () => h("div", { class: "day thread-count", role: "separator" }, h("span", {}, label))),
        );
      }
      before = message;
    }
    if (all.length === 0) wanted.set(
      "empty",
      this.#node(
        "empty",
        "",
        () => h(
          "div",
          { class: "empty" },
          icon("chat"),
          h("p", {}, say.noMessages),
          h("p", { class: "quiet" }, say.noMessagesHint),
        ),
      ),
    );
    for (const key of this.#nodes.keys()) if (!wanted.has(key)) this.#nodes.delete(key);
    reconcile(this.list, [...wanted.values()]);
  }

  #node(key, signature, draw) {
    const known = this.#nodes.get(key);
    if (known?.signature === signature) return known.node;
    const node = draw();
    if (known?.node.contains(document.activeElement)) {
      const { actionId } = document.activeElement.dataset;
      queueMicrotask(() =>
        (actionId ? node.querySelector(`[data-action-id="${CSS.escape(actionId)}"]`) : node)?.focus({ preventScroll: true }),
      );
    }
    this.#nodes.set(key, { signature, node });
    return node;
  }

  /** Arrow keys go from message to message. */
  #walk(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !(event.target === this.list || event.target.matches(".msg"))) return;
    const all = [...this.list.querySelectorAll(".msg")];
    const at = event.target === this.list ? (step > 0 ? -1 : all.length) : all.indexOf(event.target);
    event.preventDefault();
    all[Math.min(Math.max(at + step, 0), all.length - 1)]?.focus();
  }

  #nearEnd() {
    return this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 90;
  }

  #scrolled() {
    this.#atEnd = this.#nearEnd();
    if (this.#atEnd) {
      this.below.hidden = true;
      this.markRead();
    }
  }

  toEnd() {
    this.#atEnd = true;
    this.list.scrollTop = this.list.scrollHeight;
    this.below.hidden = true;
    this.markRead();
  }

  /** Tell the server how far this person has read. */
  markRead() {
    const last = this.messages.at(-1)?.ts;
    if (!last || document.hidden || this.list.clientHeight === 0 || this.thread || this.lastRead === `${this.channel} ${last}`) return;
    this.lastRead = `${this.channel} ${last}`;
    post("read", { person: this.pane.person, channel: this.channel, ts: last }).catch(() => {
      this.lastRead = null;
    });
  }

  /** A visible error, as Slack shows one: stays until dismissed or the next thing succeeds. */
  notice({ title, detail, hint }) {
    const { say } = this.pane;
    const node = h(
      "div",
      { class: "notice", role: "alert", data: { testid: "notice" } },
      icon("fault"),
      h(
        "div",
        {},
        title ? h("b", {}, title) : null,
        detail ? h("p", {}, detail) : null,
        hint ? h("p", { class: "quiet" }, hint) : null,
      ),
      iconButton("close", say.dismiss, () => node.remove()),
    );
    fill(this.notices, node);
  }

  clearNotice() {
    fill(this.notices);
  }
}

function bones() {
  return ["", "short", "", "short"].map((size) =>
    h("div", { class: "bone-row", "aria-hidden": "true" }, h("i", { class: "bone face" }), h("i", { class: `bone ${size}` })),
  );
}
