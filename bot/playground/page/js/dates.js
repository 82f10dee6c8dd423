// Dates and times as the reader's locale and zone write them. All inputs are Unix seconds.

import { house } from "./house.js";
import { words } from "./words.js";

const LAST = 8.64e12; // seconds: the end of what a date can hold
const cache = new Map();

function format(viewer, options) {
  const key = `${viewer.locale}|${viewer.tz}|${JSON.stringify(options)}`;
  if (!cache.has(key)) cache.set(key, new Intl.DateTimeFormat(viewer.locale, { timeZone: viewer.tz, ...options }));
  return cache.get(key);
}

const show = (at, viewer, options) => format(viewer, options).format(new Date(at * 1000));

/** `2026-11-23` in the viewer's zone: also the key of a day. */
export function dayKey(at, viewer) {
  return format(
    { locale: "en-CA", tz: viewer.tz },
    { year: "numeric", month: "2-digit", day: "2-digit" },
  ).format(new Date(at * 1000));
}

/** `14:05` or `2:05 PM`. */
export function time(at, viewer, seconds = false) {
  return show(at, viewer, { hour: "numeric", minute: "2-digit", ...(seconds ? { second: "2-digit" } : {}) });
}

/** Today, yesterday, tomorrow, or null. */
function near(at, viewer) {
  const gap = (Date.parse(dayKey(at, viewer)) - Date.parse(dayKey(house.now(), viewer))) / 86_400_000;
  const say = words(viewer.locale);
  return { 0: say.today, [-1]: say.yesterday, 1: say.tomorrow }[gap] ?? null;
}

/** The label of a day between messages. */
export function day(at, viewer) {
  return near(at, viewer) ?? show(at, viewer, { weekday: "long", month: "long", day: "numeric" });
}

/** A whole moment, for hovering: weekday, date, time, zone. */
export function full(at, viewer) {
  return show(
    at,
    viewer,
    {
      weekday: "long",
      year: "numeric",
      month: "long",
      day: "numeric",
      hour: "numeric",
      minute: "2-digit",
      timeZoneName: "short",
    },
  );
}

/** "3 hours ago", in business time. */
export function ago(at, viewer) {
  const gap = at - house.now();
  const size = Math.abs(gap);
  const [unit, seconds] = size < 60 ? ["second", 1] : size < 3600 ? ["minute", 60] : size < 86_400 ? ["hour", 3600] : ["day", 86_400];
  return new Intl.RelativeTimeFormat(viewer.locale, { numeric: "auto" }).format(Math.round(gap / seconds), unit);
}

const TOKENS = {
  date_num: (at, v) => dayKey(at, v),
  date: (at, v) => show(at, v, { year: "numeric", month: "long", day: "numeric" }),
  date_short: (at, v) => show(at, v, { year: "numeric", month: "short", day: "numeric" }),
  date_long: (at, v) => show(at, v, { weekday: "long", year: "numeric", month: "long", day: "numeric" }),
  time: (at, v) => time(at, v),
  time_secs: (at, v) => time(at, v, true),
  ago: (at, v) => ago(at, v),
};
for (const name of ["date", "date_short", "date_long"]) {
  TOKENS[`${name}_pretty`] = (at, v) => near(at, v)?.toLocaleLowerCase(v.locale) ?? TOKENS[name](at, v);
}

/**
 * Fill a Slack date format such as `{date_short_pretty} at {time}`; unknown tokens give the fallback. `opens`:
 * the date begins a line, so that "today" gets its capital.
 */
export function slackDate(at, pattern, fallback, viewer, opens = false) {
  let known = Math.abs(at) < LAST; // false for what is no number
  if (!known) return fallback ?? pattern;
  const text = pattern.replace(/\{([a-z_]+)\}/g, (whole, name) => {
    if (!TOKENS[name]) known = false;
    return TOKENS[name]?.(at, viewer) ?? whole;
  });
  if (!known) return fallback ?? pattern;
  return opens ? text.charAt(0).toLocaleUpperCase(viewer.locale) + text.slice(1) : text;
}

/** The wall-clock reading of a moment in a zone, as `datetime-local` wants it. */
export function toLocalInput(at, viewer) {
  const parts = Object.fromEntries(
    format(
      { locale: "en-CA", tz: viewer.tz },
      { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
    )
      .formatToParts(new Date(at * 1000))
      .map(({ type, value }) => [type, value]),
  );
  return `${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}`;
}

/** The moment at which a zone's clocks show `2026-11-23T14:05`. */
export function fromLocalInput(text, viewer) {
  const guess = Date.parse(`${text}:00Z`) / 1000;
  const shift = (at) => Date.parse(`${toLocalInput(at, viewer)}:00Z`) / 1000 - at;
  const first = guess - shift(guess);
  return guess - shift(first);
}
