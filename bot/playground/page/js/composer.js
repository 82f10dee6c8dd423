// The box people type in: messages, slash commands, files, shortcuts.

import { Gone, Refused, post, upload } from "./api.js";
import { Completion } from "./complete.js";
import { fill, h, icon, iconButton } from "./dom.js";
import { fileCard } from "./fileinput.js";
import { house } from "./house.js";
import { openMenu } from "./popup.js";

/**
 * `@Lena Vogt` and `#ops` as ids; longest names first, so that none hides another. The server escapes the rest,
 * as a client would.
 */
function withIds(text) {
  let out = text;
  const people = [...house.people.values()].map((one) => [`@${one.name}`, `<@${one.id}>`]);
  const channels = [...house.channels.values()].filter((one) => !one.is_im).map((one) =>
    [`#${one.name}`, `<#${one.id}|${one.name}>`],
  );
  for (const [name, id] of [...people, ...channels].sort((a, b) => b[0].length - a[0].length)) {
    const pattern = new RegExp(`(?<![\\p{L}\\p{N}<|])${name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?![\\p{L}\\p{N}])`, "giu");
    out = out.replace(pattern, id);
  }
  return out;
}

export class Composer {
  files = [];
  #sending = false;

  constructor(talk) {
    const { pane } = talk;
    const { say } = pane;
    this.talk = talk;
    const name = talk.thread ? "thread-" : "";
    this.box = h("textarea", {
      class: "composer-text",
      rows: 1,
      data: { testid: `${name}composer` },
      on: {
        input: () => this.#typed(),
        keydown: (event) => this.#key(event),
        blur: () => setTimeout(() => this.completion.close(), 150),
      },
    });
    this.usage = h("p", { class: "usage", "aria-live": "polite" });
    this.chips = h("div", { class: "files" });
    this.native = h(
      "input",
      {
        type: "file",
        multiple: true,
        hidden: true,
        data: { testid: `${name}attach` },
        on: { change: () => this.#attach(this.native.files) },
      },
    );
    this.send = h(
      "button",
      {
        type: "button",
        class: "send",
        "aria-label": say.send,
        title: say.send,
        data: { testid: `${name}send` },
        on: { click: () => this.submit() },
      },
      icon("send"),
    );
    this.enter = h("span", { class: "enter-key", "aria-hidden": "true" }, h("kbd", {}, "Enter"), " ", say.enterHint);
    const bolt = iconButton(
      "bolt",
      say.shortcuts,
      () => this.#shortcuts(bolt),
      { "aria-haspopup": "menu", "data-testid": `${name}shortcuts` },
    );
    this.completion = new Completion(this);
    this.node = h(
      "div",
      {
        class: "composer",
        on: {
          dragover: (event) => event.preventDefault(),
          drop: (event) => {
            event.preventDefault();
            this.#attach(event.dataTransfer.files);
          },
        },
      },
      this.chips,
      this.box,
      h(
        "div",
        { class: "composer-bar" },
        iconButton("clip", say.attach, () => this.native.click()),
        bolt,
        this.usage,
        this.enter,
        this.send,
      ),
      this.native,
    );
  }

  /** The name of the channel, or why nobody can write here. */
  refresh() {
    const { say } = this.talk.pane;
    const channel = house.channels.get(this.talk.channel);
    const name = channel?.is_im ? house.state.workspace.bot_name : `#${channel?.name ?? ""}`;
    const archived = Boolean(channel?.archived);
    const label = archived ? say.archived : this.talk.thread ? say.replyTo : say.writeTo(name);
    this.box.placeholder = label;
    this.box.setAttribute("aria-label", label);
    this.box.disabled = archived;
    this.send.disabled = archived;
    this.#draw();
  }

  get text() {
    return this.box.value;
  }

  /** Put words into the box; `pulse` makes the Enter key ask to be pressed. */
  write(text, { pulse = false } = {}) {
    this.box.value = text;
    this.node.classList.toggle("pulse", pulse);
    this.#draw();
    this.box.setSelectionRange(text.length, text.length);
  }

  #typed() {
    this.node.classList.remove("pulse");
    this.#draw();
    this.completion.look();
  }

  #draw() {
    this.box.style.height = "auto";
    this.box.style.height = `${Math.min(this.box.scrollHeight, 220)}px`;
    const command = house.state?.commands.find((one) => this.text === one.command || this.text.startsWith(`${one.command} `));
    fill(this.usage, command ? [h("b", {}, command.command), " ", command.usage_hint ?? ""] : null);
    this.node.classList.toggle("filled", this.text.trim() !== "" || this.files.length > 0);
    fill(this.chips, this.files.map((file) => fileCard(file, this.talk.pane.viewer.locale, (gone) => this.#detach(gone))));
  }

  #key(event) {
    if (this.completion.key(event)) return;
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.submit();
  }

  async #attach(list) {
    if (list.length === 0) return;
    await this.#tell(async () => {
      this.files = [...this.files, ...(await upload(this.talk.pane.person, [...list]))];
    });
    this.native.value = "";
    this.#draw();
    this.box.focus();
  }

  #detach(file) {
    this.files = this.files.filter((one) => one !== file);
    this.#draw();
  }

  #shortcuts(button) {
    const { pane } = this.talk;
    const items = house.state.shortcuts
      .filter((one) => one.type === "global")
      .map((one) =>
        (
          {
            label: one.name,
            detail: one.description,
            icon: "bolt",
            data: { callbackId: one.callback_id },
            run: () => pane.shortcut(one.callback_id, this.talk),
          }
        ),
      );
    openMenu(button, items, { title: pane.say.shortcuts, empty: pane.say.noShortcuts });
  }

  /** Run a request; a refusal becomes a notice above the box. Answers whether it succeeded. */
  async #tell(work) {
    try {
      await work();
      return true;
    } catch (error) {
      if (!(error instanceof Refused || error instanceof Gone)) throw error;
      this.talk.notice({ title: error.message });
      return false;
    }
  }

  /** Send what is in the box. It is emptied at once and given back when the server refuses it. */
  async submit() {
    const text = this.text.trim();
    if (this.#sending || (text === "" && this.files.length === 0)) return;
    const { pane, channel, root } = this.talk;
    const { files } = this;
    const isCommand = text.startsWith("/") && files.length === 0;
    this.#sending = true;
    this.completion.close();
    this.files = [];
    this.write("");
    this.talk.clearNotice();
    const thread = root ? { thread_ts: root } : {};
    const done = await this.#tell(async () => {
      if (!isCommand) {
        await post("say", { person: pane.person, channel, text: withIds(text), files: files.map((file) => file.id), ...thread });
        return;
      }
      await post("command", { person: pane.person, channel, text: withIds(text), ...thread });
    });
    this.#sending = false;
    if (!done && this.text === "" && this.talk.channel === channel) {
      this.files = files;
      this.write(text);
    }
    if (!pane.hasModal()) this.box.focus({ preventScroll: true });
  }
}
