// A small table of the emoji names that people and bots use most; unknown names stay as written.

const TABLE = {
  "+1": "👍", "-1": "👎", alarm_clock: "⏰", arrow_right: "➡️", bank: "🏦", bar_chart: "📊", bell: "🔔", black_circle: "⚫",
  blue_circle: "🔵", bookmark: "🔖", building_construction: "🏗️", bulb: "💡", calendar: "📅", checkered_flag: "🏁", clap: "👏",
  clipboard: "📋", clock1: "🕐", clock3: "🕒", clock9: "🕘", coffee: "☕", construction: "🚧", credit_card: "💳",
  crossed_fingers: "🤞", dart: "🎯", envelope: "✉️", exclamation: "❗", eyes: "👀", file_folder: "📁", fire: "🔥", flag: "🚩",
  globe_with_meridians: "🌐", gray_circle: "⚪", green_circle: "🟢", green_heart: "💚", grin: "😁", hammer: "🔨",
  hammer_and_wrench: "🛠️", handshake: "🤝", heart: "❤️", heavy_check_mark: "✔️", hourglass: "⌛",
  hourglass_flowing_sand: "⏳", inbox_tray: "📥", information_source: "ℹ️", joy: "😂", key: "🔑", large_blue_circle: "🔵",
  large_green_circle: "🟢", large_orange_circle: "🟠", large_yellow_circle: "🟡", link: "🔗", lock: "🔒", mag: "🔍",
  mailbox: "📫", mega: "📣", memo: "📝", moneybag: "💰", no_entry: "⛔", no_entry_sign: "🚫", ok_hand: "👌", one: "1️⃣",
  two: "2️⃣", three: "3️⃣", open_file_folder: "📂", orange_circle: "🟠", package: "📦", page_facing_up: "📄", paperclip: "📎",
  partying_face: "🥳", pencil: "📝", pencil2: "✏️", phone: "☎️", point_right: "👉", pray: "🙏", purple_circle: "🟣",
  pushpin: "📌", question: "❓", raised_hands: "🙌", red_circle: "🔴", repeat: "🔁", rocket: "🚀", rotating_light: "🚨",
  round_pushpin: "📍", scales: "⚖️", see_no_evil: "🙈", seedling: "🌱", shield: "🛡️", ship: "🚢", slightly_smiling_face: "🙂",
  smile: "😄", smiley: "😃", snowflake: "❄️", sparkles: "✨", speech_balloon: "💬", star: "⭐", stopwatch: "⏱️", sunny: "☀️",
  sweat_smile: "😅", tada: "🎉", telephone_receiver: "📞", thinking_face: "🤔", thumbsdown: "👎", thumbsup: "👍",
  triangular_flag_on_post: "🚩", unlock: "🔓", warning: "⚠️", wave: "👋", white_check_mark: "✅", white_circle: "⚪",
  wink: "😉", wrench: "🔧", x: "❌", yellow_circle: "🟡", zap: "⚡", anchor: "⚓", sailboat: "⛵",
};

/** The character for a name without colons, or null. */
export function emoji(name) {
  const plain = name.split("::")[0];
  return Object.hasOwn(TABLE, plain) ? TABLE[plain] : null;
}

/** Plain text with `:names:` replaced where they are known. */
export function withEmoji(text) {
  return text.replace(/:([a-z0-9_+'-]+(?:::skin-tone-\d)?):/g, (whole, name) => emoji(name) ?? whole);
}
