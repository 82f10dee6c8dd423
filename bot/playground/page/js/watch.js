// While a scene plays: who is speaking, what happens, how far it is; pause, or take over with any click.

import { post } from "./api.js";
import { face, h, icon, redraw } from "./dom.js";
import { house } from "./house.js";
import { own, words } from "./words.js";

export class Watch {
  mode = null;
  #locale = null; // of the person who began to watch: the page becomes whoever acts

  constructor(shell) {
    this.shell = shell;
    this.node = h("div", { class: "watch", role: "status", hidden: true, data: { testid: "watch" } });
    house.on("scene", () => this.render());
    house.on("state", () => this.render());
    document.addEventListener("pointerdown", (event) => this.#pressed(event), true);
  }

  begins(mode, locale) {
    this.mode = mode;
    this.#locale = locale;
  }

  get scene() {
    return house.state?.scene ?? null;
  }

  get playing() {
    return Boolean(this.scene && ["running", "paused"].includes(this.scene.state));
  }

  /** A scene is played at once: its forms come and go too fast to be shown. */
  get jumping() {
    return this.playing && this.mode === "jump";
  }

  /** A press by the person at the screen ends the scene; the press itself still counts. */
  #pressed(event) {
    if (!event.isTrusted || this.mode !== "watch" || !this.playing || this.node.contains(event.target)) return;
    this.mode = null;
    post("scene/stop").catch(() => undefined);
  }

  render() {
    const { scene, playing } = this;
    const ended = scene && ["done", "failed"].includes(scene.state) && this.mode;
    this.node.hidden = !playing && !ended;
    this.shell.node.classList.toggle("watching", playing);
    if (this.node.hidden) return;
    const locale = this.#locale ?? this.shell.pane.viewer.locale;
    const say = words(locale);
    const person = scene.person ? house.person(scene.person) : null;
    const title = own(house.state.scenes.find((one) => one.name === scene.name)?.title, locale) || scene.name;
    const said = own(scene.caption, locale);
    const share = scene.steps > 0 ? Math.round((100 * scene.step) / scene.steps) : 0;
    const caption = { failed: `${say.failed}: ${said}`, done: say.done }[scene.state] ?? said;
    const bar = h("span", { class: "watch-fill" });
    bar.style.width = `${scene.state === "done" ? 100 : share}%`;
    redraw(
      this.node,
      person && playing ? face(person) : h("span", { class: "watch-mark" }, icon(scene.state === "failed" ? "fault" : "film")),
      h(
        "div",
        { class: "watch-text" },
        h("p", { class: "watch-title" }, person && playing ? `${person.name} · ${title}` : title),
        h("p", { class: "watch-caption", data: { testid: "watch-caption" } }, caption),
      ),
      playing ? this.#controls(scene, say) : h(
        "button",
        { type: "button", class: "button", on: { click: () => this.dismiss() } },
        say.close,
      ),
      h(
        "span",
        {
          class: "watch-bar",
          role: "progressbar",
          "aria-valuenow": share,
          "aria-valuemin": 0,
          "aria-valuemax": 100,
          "aria-label": title,
        },
        bar,
      ),
    );
    if (scene.state === "done") setTimeout(() => this.dismiss(), 2500);
  }

  #controls(scene, say) {
    const paused = scene.state === "paused";
    const pause = h(
      "button",
      {
        type: "button",
        class: "button",
        data: { testid: "watch-pause" },
        on: { click: () => post(paused ? "scene/resume" : "scene/pause") },
      },
      icon(paused ? "play" : "pause"),
      paused ? say.resume : say.pause,
    );
    const stop = h(
      "button",
      { type: "button", class: "button primary", data: { testid: "watch-stop" }, on: { click: () => post("scene/stop") } },
      say.takeOver,
    );
    return h("div", { class: "watch-buttons" }, this.mode === "watch" || paused ? pause : null, stop);
  }

  dismiss() {
    if (this.playing) return;
    this.mode = null;
    this.node.hidden = true;
  }
}
