// What every pane shares: the workspace, its people and channels, the clock, scenes, the bot's light.

import { Gone, Refused, get } from "./api.js";

const listeners = new Map();
let looking = null;

export const house = {
  state: null,
  people: new Map(),
  channels: new Map(),

  /** Fetch the shared state and tell everybody. */
  async load() {
    house.state = await get("state");
    const { workspace, people, channels } = house.state;
    house.people = new Map(people.map((person) => [person.id, person]));
    house.people.set(workspace.bot_user, { id: workspace.bot_user, name: workspace.bot_name, bot: true });
    house.channels = new Map(channels.map((channel) => [channel.id, channel]));
    house.tell("state");
  },

  /** Call `run` whenever `what` changes; answers a function that ends it. */
  on(what, run) {
    if (!listeners.has(what)) listeners.set(what, new Set());
    listeners.get(what).add(run);
    return () => listeners.get(what).delete(run);
  },

  tell(what, detail) {
    for (const run of listeners.get(what) ?? []) run(detail);
  },

  /** Keep one part of the state that an event brought. */
  keep(part, value) {
    house.state[part] = value;
    house.tell(part, value);
  },

  /** Fetch what comes next, soon and once for many messages. */
  lookAhead() {
    looking = looking ?? setTimeout(async () => {
      looking = null;
      try {
        const { clock } = await get("state");
        if (JSON.stringify(clock.next) !== JSON.stringify(house.state.clock.next)) house.keep("clock", clock);
      } catch (error) {
        if (!(error instanceof Refused || error instanceof Gone)) throw error; // the page says elsewhere that it is gone
      }
    }, 700);
  },

  /** Business time in Unix seconds: what people read; moved by the clock box. */
  now() {
    return Date.now() / 1000 + (house.state?.clock?.offset ?? 0);
  },

  person(id) {
    return house.people.get(id) ?? { id, name: id, locale: "en-US", tz: "UTC", color: "#5b6b7a" };
  },

  bot() {
    return house.state.workspace.bot_user;
  },

  /** The direct message between a person and the bot, once it exists. */
  directMessage(person) {
    return [...house.channels.values()].find(
      (channel) => channel.is_im && (channel.user === person || channel.members?.includes(person)),
    );
  },

  /** The channels a person is in. */
  channelsOf(person) {
    return [...house.channels.values()].filter((channel) => !channel.is_im && channel.members.includes(person));
  },
};
