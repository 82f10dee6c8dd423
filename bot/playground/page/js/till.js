// The local Stripe: swipe a card, see what Gantry decided, then capture, reverse or refund; and Stripe's faults.

import { Gone, Refused, get, post } from "./api.js";
import { busy, fill, h, icon, uid } from "./dom.js";
import { house } from "./house.js";

const SHOPS = [
  ["Rocket Rides", "taxicabs_limousines", "US"],
  ["Les mots passants", "book_stores", "FR"],
  ["Corner Grocery", "grocery_stores_supermarkets", "US"],
  ["Harbour Grill", "eating_places_restaurants", "GB"],
  ["Lucky Seven", "betting_casino_gambling", "MT"],
  ["Coin Kiosk", "quasi_cash_merchant", "US"],
];
const COUNTRIES = ["US", "FR", "GB", "DE", "ES", "MT", "NG", "BR", "JP"];

const WORDS = {
  en: {
    card: "Card", merchant: "Merchant", category: "Category", country: "Country", amount: "Amount", how: "How",
    online: "Online", chip: "Chip", swipe: "Swipe the card", newCard: "New card and cardholder", holder: "Cardholder",
    kind: "Kind", virtual: "Virtual", physical: "Physical", make: "Make the card", made: (last4) => `Card ··${last4} is ready.`,
    approved: "Approved", declined: "Declined", alone: "Stripe declined by itself", rule: (name) => `Rule: ${name}`, noRule: "no rule",
    capture: "Capture", reverse: "Reverse", refund: "Refund", captured: "Captured", reversed: "Reversed", refunded: "Refunded",
    none: "No purchase yet. Choose a card and swipe it: Gantry decides.", purchases: "Purchases", faults: "Faults of Stripe",
    activate: "Activate", ship: "Ship it", deliver: "Deliver it", send_back: "Send it back", wallet: "Add to Apple Pay", warn: "Fraud warning",
    parcels: { pending: "Waits to be sent", submitted: "Being made", shipped: "On its way", delivered: "Delivered", returned: "Sent back", failure: "Lost on its way" },
    acts: "What happens to this card", merchantId: "Merchant id, for a brake:", badAmount: "Write an amount, such as 12.50.",
    states: { active: "", inactive: " · frozen", canceled: " · cancelled" },
    reasons: {
      webhook_timeout: "no answer in time", webhook_error: "the answer could not be read", card_inactive: "the card is frozen",
      card_canceled: "the card is cancelled",
    },
    fault: {
      duplicate: ["Twice", "Every event and every question reaches the bot two times."],
      reorder: ["Wrong order", "Of the events that wait, the last one comes first."],
      delay: ["Late events", "Events wait until this is switched off."],
      drop: ["Lost events", "Events are lost. Gantry finds them when it compares with Stripe."],
      lost_reply: ["Lost reply", "Stripe does what it was asked, then cuts the line."],
      rate_limit: ["Slow down", "Stripe refuses the bot's calls with 429."],
      outage: ["Outage", "Stripe answers the bot's calls with 503."],
    },
  },
  fr: {
    card: "Carte", merchant: "Commerçant", category: "Catégorie", country: "Pays", amount: "Montant", how: "Mode",
    online: "En ligne", chip: "Puce", swipe: "Utiliser la carte", newCard: "Nouvelle carte et titulaire", holder: "Titulaire",
    kind: "Type", virtual: "Virtuelle", physical: "Physique", make: "Créer la carte", made: (last4) => `La carte ··${last4} est prête.`,
    approved: "Acceptée", declined: "Refusée", alone: "Stripe a refusé de lui-même", rule: (name) => `Règle : ${name}`, noRule: "aucune règle",
    capture: "Débiter", reverse: "Annuler", refund: "Rembourser", captured: "Débitée", reversed: "Annulée", refunded: "Remboursée",
    none: "Aucun achat. Choisissez une carte et utilisez-la : Gantry décide.", purchases: "Achats", faults: "Pannes de Stripe",
    activate: "Activer", ship: "Expédier", deliver: "Livrer", send_back: "Renvoyer", wallet: "Ajouter à Apple Pay", warn: "Alerte de fraude",
    parcels: { pending: "En attente d’envoi", submitted: "En fabrication", shipped: "En route", delivered: "Livrée", returned: "Renvoyée", failure: "Perdue en route" },
    acts: "Ce qui arrive à cette carte", merchantId: "Identifiant du commerçant, pour un frein :", badAmount: "Écrivez un montant, comme 12,50.",
    states: { active: "", inactive: " · gelée", canceled: " · résiliée" },
    reasons: {
      webhook_timeout: "pas de réponse à temps", webhook_error: "la réponse est illisible", card_inactive: "la carte est gelée",
      card_canceled: "la carte est résiliée",
    },
    fault: {
      duplicate: ["En double", "Chaque événement et chaque question arrivent deux fois."],
      reorder: ["Désordre", "Des événements en attente, le dernier arrive en premier."],
      delay: ["Retard", "Les événements attendent la fin de la panne."],
      drop: ["Événements perdus", "Ils sont perdus. Gantry les retrouve en comparant avec Stripe."],
      lost_reply: ["Réponse perdue", "Stripe fait ce qui est demandé, puis coupe la ligne."],
      rate_limit: ["Trop vite", "Stripe refuse les appels du bot : 429."],
      outage: ["Coupure", "Stripe répond 503 aux appels du bot."],
    },
  },
};

export class Till {
  #off = null;
  #locale = null;
  #typed = { shop: 0, amount: "12.50", method: "online" };
  #card = null;

  constructor() {
    this.node = h("div", { class: "till", data: { testid: "till" } });
    this.trouble = h("p", { class: "field-error", role: "alert", data: { testid: "till-error" } });
    this.result = h("div", { class: "till-result", role: "status", data: { testid: "till-result" } });
    this.list = h("ul", { class: "till-list" });
    this.faults = h("div", {});
    this.cards = h("select", { class: "input", id: uid("till"), data: { testid: "till-card" } });
    this.acts = h("div", { class: "card-acts wide", role: "group" });
    this.cards.addEventListener("change", () => {
      this.#card = this.cards.value;
      this.#drawActs();
    });
  }

  /** Fetch what is there and listen for more. */
  async start(viewer) {
    this.viewer = viewer;
    this.say = WORDS[viewer.locale.startsWith("fr") ? "fr" : "en"];
    this.#off = this.#off ?? house.on("stripe", () => this.#load());
    await this.#load();
  }

  pause() {
    this.#off?.();
    this.#off = null;
  }

  async #load() {
    const found = await this.#run(this.list, () => get("stripe"));
    if (found) this.#take(found);
  }

  /** Run a request; a refusal is shown under the button, and answers null. */
  async #run(button, work) {
    fill(this.trouble);
    try {
      return (await busy(button, work)) ?? null;
    } catch (error) {
      if (!(error instanceof Refused || error instanceof Gone)) throw error;
      fill(this.trouble, error.message);
      return null;
    }
  }

  #take(found) {
    this.found = found;
    if (this.#locale !== this.viewer.locale || !this.node.hasChildNodes()) this.#build();
    this.#drawCards();
    this.#drawPurchases();
    this.#drawFaults();
  }

  #build() {
    const { say } = this;
    this.#locale = this.viewer.locale;
    const shops = h("datalist", { id: uid("shops") }, SHOPS.map(([name]) => h("option", { value: name })));
    this.shop = h("input", {
      class: "input", id: uid("till"), list: shops.id, maxlength: 80, required: true, value: SHOPS[this.#typed.shop][0],
      autocomplete: "off", data: { testid: "till-merchant" },
    });
    this.category = this.#select("till-category", this.found.categories, SHOPS[0][1], (one) => one.replaceAll("_", " "));
    const country = new Intl.DisplayNames([this.viewer.locale], { type: "region" });
    this.country = this.#select("till-country", COUNTRIES, SHOPS[0][2], (one) => country.of(one));
    this.shop.addEventListener("change", () => {
      const known = SHOPS.find(([name]) => name === this.shop.value);
      if (known) [, this.category.value, this.country.value] = known;
    });
    this.amount = h("input", {
      class: "input", id: uid("till"), inputmode: "decimal", required: true, value: this.#typed.amount, data: { testid: "till-amount" },
    });
    const swipe = h("button", { type: "submit", class: "button primary", data: { testid: "till-swipe" } }, icon("card"), say.swipe);
    const form = h(
      "form",
      { class: "till-form", novalidate: true },
      this.#field(say.card, this.cards, "wide"),
      this.acts,
      this.#field(say.merchant, this.shop, "wide"),
      shops,
      this.#field(say.category, this.category),
      this.#field(say.country, this.country),
      this.#field(say.amount, this.amount),
      this.#methods(),
      h("div", { class: "wide" }, swipe, this.trouble),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#swipe(swipe);
    });
    fill(
      this.node,
      form,
      this.result,
      this.#newCard(),
      h("h3", {}, say.purchases),
      this.list,
      h("details", { class: "till-faults" }, h("summary", { data: { testid: "till-faults" } }, icon("fault"), say.faults), this.faults),
    );
  }

  #select(testid, values, chosen, label) {
    const options = values.map((one) => h("option", { value: one }, label(one)));
    const node = h("select", { class: "input", id: uid("till"), data: { testid } }, options);
    node.value = chosen;
    return node;
  }

  #field(label, control, extra = "") {
    return h("div", { class: extra }, h("label", { class: "label", for: control.id }, label), control);
  }

  #methods() {
    const { say } = this;
    const name = uid("how");
    const one = (value) => {
      const box = h("input", { type: "radio", name, value, checked: value === this.#typed.method, data: { testid: `till-${value}` } });
      box.addEventListener("change", () => {
        this.#typed.method = value;
      });
      return h("label", { class: "choice" }, box, say[value]);
    };
    return h("fieldset", { class: "till-how" }, h("legend", { class: "label" }, say.how), one("online"), one("chip"));
  }

  #newCard() {
    const { say } = this;
    const holder = h("input", { class: "input", id: uid("till"), maxlength: 60, required: true, autocomplete: "off", data: { testid: "till-holder" } });
    const kind = this.#select("till-kind", ["virtual", "physical"], "virtual", (one) => say[one]);
    const told = h("p", { class: "quiet", role: "status", data: { testid: "till-made" } });
    const make = h("button", { type: "submit", class: "button", data: { testid: "till-make" } }, say.make);
    const form = h("form", { class: "till-form", novalidate: true }, this.#field(say.holder, holder), this.#field(say.kind, kind), h("div", { class: "wide" }, make, told));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const found = await this.#run(make, () => post("stripe/card", { name: holder.value, type: kind.value }));
      if (!found) return;
      this.#card = found.card;
      holder.value = "";
      this.#take(found);
      fill(told, say.made(found.cards.find((one) => one.id === found.card).last4));
    });
    return h("details", { class: "till-new" }, h("summary", { data: { testid: "till-new" } }, icon("card"), say.newCard), form);
  }

  async #swipe(button) {
    const amount = Math.round(Number(this.amount.value.trim().replace(",", ".")) * 100);
    if (!(amount > 0)) {
      fill(this.trouble, this.say.badAmount);
      this.amount.focus();
      return;
    }
    const found = await this.#run(button, () =>
      post("stripe/swipe", {
        card: this.cards.value,
        merchant: this.shop.value,
        category: this.category.value,
        country: this.country.value,
        amount,
        method: this.#typed.method,
      }),
    );
    if (!found) return;
    this.#take(found);
    fill(this.result, this.#verdict(found.purchase));
  }

  #verdict(one) {
    const { say } = this;
    const alone = one.ms === null;
    const why = say.reasons[one.reason] ?? (alone ? one.reason : null);
    return h(
      "div",
      { class: `verdict ${one.approved ? "good" : "bad"}` },
      h("b", { data: { testid: "till-decision" } }, icon(one.approved ? "check" : "close"), one.approved ? say.approved : say.declined),
      h("span", { class: "verdict-rule", data: { testid: "till-rule" } }, this.#rule(one)),
      alone ? h("span", {}, say.alone) : h("span", { class: "verdict-ms", data: { testid: "till-ms" } }, `${one.ms} ms`),
      why ? h("span", { class: "wide" }, why) : null,
    );
  }

  #rule(one) {
    const { say } = this;
    return one.rule && one.rule !== "none" ? say.rule(one.rule) : say.noRule;
  }

  #drawCards() {
    const { say } = this;
    fill(
      this.cards,
      this.found.cards.map((one) => h("option", { value: one.id }, `··${one.last4} · ${one.holder}${say.states[one.status] ?? ""}`)),
    );
    const known = this.found.cards.some((one) => one.id === this.#card);
    this.#card = known ? this.#card : (this.found.cards[0]?.id ?? null);
    if (this.#card) this.cards.value = this.#card;
    if (this.found.swiped.length === 0) fill(this.result);
    this.#drawActs();
  }

  /** The parcel of the chosen card, and what can happen to the card at Stripe. */
  #drawActs() {
    const { say } = this;
    const card = this.found.cards.find((one) => one.id === this.#card);
    this.acts.setAttribute("aria-label", say.acts);
    const act = (name) => {
      const button = h("button", { type: "button", class: "button", data: { testid: `till-${name}` } }, say[name]);
      button.addEventListener("click", async () => {
        const found = await this.#run(button, () => post("stripe/act", { card: card.id, do: name }));
        if (found) this.#take(found);
      });
      return button;
    };
    const parcel = card?.parcel ? h("span", { class: "quiet", data: { testid: "till-parcel" } }, say.parcels[card.parcel] ?? card.parcel) : null;
    fill(this.acts, parcel, ...(card?.can ?? []).map(act));
  }

  #drawPurchases() {
    const { say } = this;
    const rows = this.found.swiped.map((one) => this.#purchase(one));
    fill(this.list, rows.length > 0 ? rows : h("li", { class: "quiet" }, say.none));
  }

  #purchase(one) {
    const { say, viewer } = this;
    const money = new Intl.NumberFormat(viewer.locale, { style: "currency", currency: one.currency }).format(one.amount / 100);
    const act = (name) => {
      const button = h(
        "button",
        { type: "button", class: "button", data: { testid: `till-${name}` }, on: { click: () => this.#after(button, one.id, name) } },
        say[name],
      );
      return button;
    };
    const state = one.ended ? say[one.ended] : one.approved ? say.approved : say.declined;
    const rule = one.ms === null ? say.reasons[one.reason] ?? one.reason : this.#rule(one);
    return h(
      "li",
      { class: `purchase ${one.approved ? "good" : "bad"}`, data: { testid: "till-purchase" } },
      h("p", {}, h("b", {}, money), ` · ${one.merchant} · ··${one.card}`),
      h("p", { class: "quiet" }, h("span", { class: "purchase-state" }, state), ` · ${rule}`, one.ms === null ? "" : ` · ${one.ms} ms`),
      h("p", { class: "quiet" }, `${say.merchantId} `, h("code", {}, one.merchant_id)),
      one.can.length > 0 ? h("div", { class: "purchase-acts" }, one.can.map(act)) : null,
    );
  }

  async #after(button, id, what) {
    const found = await this.#run(button, () => post("stripe/after", { id, do: what }));
    if (found) this.#take(found);
  }

  #drawFaults() {
    const on = this.found.faults.filter((one) => one.on).length;
    const held = this.faults.contains(document.activeElement) ? document.activeElement.dataset.testid : null;
    fill(this.faults, this.found.faults.map((one) => this.#switch(one)));
    this.faults.parentElement?.classList.toggle("some", on > 0);
    if (held) this.faults.querySelector(`[data-testid="${CSS.escape(held)}"]`)?.focus({ preventScroll: true });
  }

  #switch(one) {
    const box = h("input", { type: "checkbox", role: "switch", checked: one.on, data: { testid: `till-fault-${one.name}` } });
    box.addEventListener("change", async () => {
      const found = await this.#run(box, () => post("stripe/fault", { name: one.name, on: box.checked }));
      if (found) this.#take(found);
    });
    const [title, help] = this.say.fault[one.name];
    return h("label", { class: "switch" }, h("span", {}, h("b", {}, title), h("span", {}, help)), box);
  }
}
