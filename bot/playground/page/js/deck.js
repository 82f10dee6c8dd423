// The side bar's lower half: business time, scenes, the ways to break things, the bot's light, the tools.

import { Gone, Refused, post } from "./api.js";
import { Breaks } from "./breaks.js";
import { dayKey, full, fromLocalInput, time } from "./dates.js";
import { busy, fill, h, icon, redraw } from "./dom.js";
import { house } from "./house.js";
import { ask } from "./popup.js";
import { toggleTheme } from "./theme.js";
import { own, words } from "./words.js";

export class Deck {
  /** `pane()` answers the pane whose person acts and whose language is spoken. */
  constructor(shell, pane) {
    this.shell = shell;
    this.pane = pane;
    this.trouble = h("p", { class: "deck-error", role: "alert" });
    this.scenes = h("section", { class: "deck-part" });
    this.breaks = new Breaks(this);
    this.clock = h("section", { class: "clock" });
    this.tools = h("div", { class: "tools" });
    this.light = h(
      "button",
      { type: "button", class: "light", data: { testid: "bot-light" }, on: { click: () => this.#toggleBot() } },
    );
    this.node = h("div", { class: "deck" }, this.scenes, this.breaks.node);
    house.on("state", () => this.render());
    house.on("clock", () => this.#drawClock());
    house.on("bot", () => this.#drawLight());
    house.on("scene", () => this.#drawScenes());
    setInterval(() => this.#tick(), 15_000);
  }

  get viewer() {
    return this.pane().viewer;
  }

  get say() {
    return words(this.viewer.locale);
  }

  render() {
    this.#drawClock();
    this.#drawScenes();
    this.breaks.render();
    this.#drawLight();
    this.#drawTools();
  }

  /** Run a request for a button; a refusal is shown under the clock, and answers null. */
  async run(button, work) {
    fill(this.trouble);
    try {
      return await busy(button, work);
    } catch (error) {
      if (!(error instanceof Refused || error instanceof Gone)) throw error;
      fill(this.trouble, error.message);
      return null;
    }
  }

  #tick() {
    const shown = this.clock.querySelector(".clock-time");
    if (shown && house.state) fill(shown, time(house.now(), this.viewer));
  }

  // Time

  async #move(button, body) {
    const answer = await this.run(button, () => post("clock", body));
    if (answer?.clock) house.keep("clock", answer.clock);
  }

  #drawClock() {
    if (!house.state) return;
    const { say, viewer } = this;
    const now = house.now();
    const [next] = house.state.clock.next ?? [];
    const day = new Intl.DateTimeFormat(
      viewer.locale,
      { timeZone: viewer.tz, weekday: "short", day: "numeric", month: "short", year: "numeric" },
    ).format(new Date(now * 1000));
    const nextButton = h(
      "button",
      {
        type: "button",
        class: "clock-next",
        disabled: !next,
        title: next ? full(next.at, viewer) : null,
        data: { testid: "clock-next" },
        on: { click: () => this.#move(nextButton, { next: true }) },
      },
      icon("next"),
      h("span", {}, h("b", {}, say.nextEvent), h("span", { class: "clock-what" }, next ? own(next.what, viewer.locale) : say.nothingNext)),
    );
    const step = (label, seconds, testid) => {
      const button = h(
        "button",
        { type: "button", class: "clock-step", data: { testid }, on: { click: () => this.#move(button, { by: seconds }) } },
        label,
      );
      return button;
    };
    const date = h(
      "input",
      {
        type: "date",
        class: "clock-date",
        "aria-label": say.toDate,
        title: say.toDate,
        value: dayKey(now, viewer),
        data: { testid: "clock-date" },
      },
    );
    date.addEventListener("change", () => {
      if (!date.value) return;
      this.#move(date, { to: Math.round(fromLocalInput(`${date.value}T09:00`, viewer)) });
    });
    redraw(
      this.clock,
      h("h2", { class: "visually-hidden" }, say.clock),
      h(
        "p",
        { class: "clock-face", title: full(now, viewer) },
        icon("clock"),
        h("span", { class: "clock-day", data: { testid: "clock-now" } }, day),
        h("span", { class: "clock-time" }, time(now, viewer)),
      ),
      nextButton,
      h(
        "div",
        { class: "clock-steps" },
        step(say.plusDay, 86_400, "clock-day"),
        step(say.plusWeek, 604_800, "clock-week"),
        h("span", { class: "date-wrap" }, icon("calendar"), date),
      ),
      this.trouble,
    );
    this.clock.setAttribute("aria-label", say.clock);
  }

  // Scenes

  #drawScenes() {
    if (!house.state) return;
    const { say } = this;
    const { scenes, scene } = house.state;
    const running = scene && ["running", "paused"].includes(scene.state) ? scene.name : null;
    redraw(
      this.scenes,
      h("h2", { class: "nav-title" }, say.scenes),
      scenes.map((one) =>
        h(
          "div",
          { class: `scene ${running === one.name ? "running" : ""}` },
          h(
            "button",
            {
              type: "button",
              class: "scene-play",
              title: own(one.blurb, this.viewer.locale),
              data: { testid: `scene-${one.name}` },
              on: { click: (event) => this.startScene(one.name, "jump", event.currentTarget) },
            },
            h("span", { class: "scene-mark" }, icon("play")),
            h("span", { class: "scene-text" }, h("b", {}, own(one.title, this.viewer.locale)), h("span", {}, own(one.blurb, this.viewer.locale))),
          ),
          h(
            "button",
            {
              type: "button",
              class: "scene-watch",
              title: `${say.watch} · ${say.minute(one.minutes)}`,
              data: { testid: `watch-${one.name}` },
              on: { click: (event) => this.startScene(one.name, "watch", event.currentTarget) },
            },
            icon("film"),
            say.watch,
          ),
        ),
      ),
    );
  }

  async startScene(name, mode, button = this.scenes) {
    this.shell.sceneStarts(mode);
    await this.run(button, () => post("scene", { name, mode }));
  }

  // The bot and the whole

  #drawLight() {
    if (!house.state) return;
    const { up } = house.state.bot;
    this.light.classList.toggle("up", up);
    fill(this.light, h("span", { class: "light-dot" }), up ? this.say.botUp : `${this.say.botDown} · ${this.say.start}`);
    this.light.title = up ? "" : this.say.start;
  }

  async #toggleBot() {
    if (house.state.bot.up) return;
    await this.run(this.light, () => post("bot", { do: "start" }));
  }

  /** Forget everything, after asking. */
  async startOver(button) {
    const { say } = this;
    const sure = await ask({ title: say.startOver, body: say.startOverAsk, yes: say.startOver, no: say.cancel, danger: true });
    if (sure) await this.run(button, () => post("reset"));
  }

  #drawTools() {
    const { say } = this;
    const { split } = this.shell;
    const tool = (drawing, label, short, testid, click, extra = "") =>
      h(
        "button",
        {
          type: "button",
          class: `tool ${extra}`,
          title: label,
          "aria-label": label,
          data: { testid },
          on: { click: (event) => click(event.currentTarget) },
        },
        icon(drawing),
        h("span", { "aria-hidden": "true" }, short),
      );
    redraw(
      this.tools,
      tool("card", say.swipeCard, say.cards, "till-button", () => this.shell.panel.toggle("till")),
      tool("wave", say.traffic, say.traffic, "traffic-button", () => this.shell.panel.toggle("traffic")),
      tool("phone", say.phoneReader, say.short.phone, "phone-button", () => this.shell.panel.toggle("phone")),
      tool(
        "split",
        split ? say.onePerson : say.split,
        split ? say.short.one : say.short.split,
        "split",
        () => this.shell.toggleSplit(),
        "split-button",
      ),
      tool("moon", say.theme, say.short.theme, "theme", toggleTheme),
      tool("reset", say.startOver, say.short.over, "start-over", (button) => this.startOver(button)),
    );
  }
}
