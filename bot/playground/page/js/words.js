// The page's own words, in the reader's language. What the bot says comes from the bot.

const en = {
  youAre: "You are", pickPerson: "Who are you?", apps: "Gantry", home: "Home", messages: "Messages", channels: "Channels",
  scenes: "Scenes", watch: "Watch", breakIt: "Break it", faults: "Faults", startOver: "Start over",
  startOverAsk: "Start over? Every message, programme and file of this playground is forgotten.", cancel: "Cancel",
  clock: "Business time", nextEvent: "Next event", nothingNext: "Nothing is due", plusDay: "+1 day", plusWeek: "+1 week",
  toDate: "Move to a date", kill: "Kill the bot", drop_reply: "Drop a reply", send_twice: "Send twice",
  botUp: "The bot is up", botDown: "The bot is down", start: "Start",
  breaking: "Breaking…",
  send: "Send", attach: "Attach a file", shortcuts: "Shortcuts", noShortcuts: "No shortcuts yet",
  writeTo: (name) => `Message ${name}`, replyTo: "Reply…", enterHint: "to send", thread: "Thread",
  onlyYou: "Only visible to you", dismiss: "Dismiss", edited: "(edited)", deleted: "This message was deleted.",
  replies: (n) => (n === 1 ? "1 reply" : `${n} replies`), lastReply: (when) => `Last reply ${when}`,
  viewThread: "Reply in thread", moreActions: "More actions", phoneReader: "Phone and screen reader",
  copyText: "Copy the text", repliedTo: "replied to a thread", newLine: "New", newBelow: "New messages",
  noMessages: "Nothing here yet", noMessagesHint: "Write the first line, or type / to see what Gantry can do.",
  noReplies: "No replies yet", notMember: "is not in this channel", archived: "This channel is archived.",
  unknownBlock: (type) => `Block “${type}” cannot be shown here`, image: "Image", externalImage: "held elsewhere, not loaded",
  optional: "optional", required: "This field is required.", badEmail: "Write an e-mail address, like name@example.com.",
  badUrl: "Write a full address, like https://example.com.", badNumber: "Write a number.", atLeast: (n) => `At least ${n} characters.`,
  atMost: (n) => `At most ${n} characters.`, numberRange: (a, b) => `Between ${a} and ${b}.`, left: (n) => `${n} left`,
  submit: "Submit", close: "Close", back: "Back", choose: "Choose…", search: "Type to search", typeMore: (n) => `Type ${n} letters or more`,
  noOptions: "Nothing found", searching: "Searching…", remove: (what) => `Remove ${what}`, addFiles: "Add a file", confirm: "Yes",
  gone: "The playground server is gone. Start it again: this page comes back by itself.", guest: "guest",
  app: "App", today: "Today", yesterday: "Yesterday", tomorrow: "Tomorrow", homeEmpty: "Home is still empty",
  homeEmptyHint: "Gantry fills it when it has seen you.", menu: "Channels and tools", split: "Two people side by side",
  onePerson: "One person", theme: "Light or dark", traffic: "Traffic", cards: "Cards", swipeCard: "Swipe a card", short: { reader: "Phone", phone: "Phone", split: "Two", one: "One", theme: "Theme", over: "Reset" }, unread: (n) => `${n} unread`, mentions: (n) => `${n} mentions`,
  takeOver: "Take over", pause: "Pause", resume: "Go on", failed: "The scene stopped", done: "The scene is over", everyone: "everyone",
  joinHint: "Gantry is not in this channel.", minute: (n) => (n === 1 ? "1 min" : `${n} min`), skip: "Skip to the conversation",
};

const fr = {
  youAre: "Vous êtes", pickPerson: "Qui êtes-vous ?", apps: "Gantry", home: "Accueil", messages: "Messages", channels: "Canaux",
  scenes: "Scènes", watch: "Regarder", breakIt: "Casser", faults: "Pannes", startOver: "Recommencer",
  startOverAsk: "Recommencer ? Tous les messages, programmes et fichiers de ce bac à sable seront oubliés.", cancel: "Annuler",
  clock: "Heure de travail", nextEvent: "Prochain événement", nothingNext: "Aucune échéance", plusDay: "+1 jour", plusWeek: "+1 semaine",
  toDate: "Aller à une date", kill: "Tuer le bot", drop_reply: "Perdre une réponse", send_twice: "Envoyer deux fois",
  botUp: "Le bot est en marche", botDown: "Le bot est arrêté", start: "Démarrer",
  breaking: "Panne en cours…",
  send: "Envoyer", attach: "Joindre un fichier", shortcuts: "Raccourcis", noShortcuts: "Aucun raccourci",
  writeTo: (name) => `Écrire à ${name}`, replyTo: "Répondre…", enterHint: "pour envoyer", thread: "Fil",
  onlyYou: "Visible par vous seulement", dismiss: "Masquer", edited: "(modifié)", deleted: "Ce message a été supprimé.",
  replies: (n) => (n === 1 ? "1 réponse" : `${n} réponses`), lastReply: (when) => `Dernière réponse ${when}`,
  viewThread: "Répondre dans le fil", moreActions: "Autres actions", phoneReader: "Téléphone et lecteur d’écran",
  copyText: "Copier le texte", repliedTo: "a répondu à un fil", newLine: "Nouveau", newBelow: "Nouveaux messages",
  noMessages: "Rien ici pour l’instant", noMessagesHint: "Écrivez la première ligne, ou tapez / pour voir ce que fait Gantry.",
  noReplies: "Aucune réponse", notMember: "n’est pas dans ce canal", archived: "Ce canal est archivé.",
  unknownBlock: (type) => `Le bloc « ${type} » ne peut pas être affiché ici`, image: "Image", externalImage: "hébergée ailleurs, non chargée",
  optional: "facultatif", required: "Ce champ est obligatoire.", badEmail: "Écrivez une adresse, comme nom@exemple.fr.",
  badUrl: "Écrivez une adresse complète, comme https://exemple.fr.", badNumber: "Écrivez un nombre.", atLeast: (n) => `Au moins ${n} caractères.`,
  atMost: (n) => `Au plus ${n} caractères.`, numberRange: (a, b) => `Entre ${a} et ${b}.`, left: (n) => `reste ${n}`,
  submit: "Envoyer", close: "Fermer", back: "Retour", choose: "Choisir…", search: "Tapez pour chercher", typeMore: (n) => `Tapez au moins ${n} lettres`,
  noOptions: "Rien trouvé", searching: "Recherche…", remove: (what) => `Retirer ${what}`, addFiles: "Ajouter un fichier", confirm: "Oui",
  gone: "Le serveur du bac à sable est arrêté. Relancez-le : cette page revient d’elle-même.", guest: "invité",
  app: "Appli", today: "Aujourd’hui", yesterday: "Hier", tomorrow: "Demain", homeEmpty: "L’accueil est encore vide",
  homeEmptyHint: "Gantry le remplit dès qu’il vous a vu.", menu: "Canaux et outils", split: "Deux personnes côte à côte",
  onePerson: "Une personne", theme: "Clair ou sombre", traffic: "Trafic", cards: "Cartes", swipeCard: "Utiliser une carte", short: { reader: "Téléphone", phone: "Mobile", split: "À deux", one: "Seul", theme: "Thème", over: "À zéro" }, unread: (n) => `${n} non lus`, mentions: (n) => `${n} mentions`,
  takeOver: "Prendre la main", pause: "Pause", resume: "Continuer", failed: "La scène s’est arrêtée", done: "La scène est finie", everyone: "tout le monde",
  joinHint: "Gantry n’est pas dans ce canal.", minute: (n) => `${n} min`, skip: "Aller à la conversation",
};

/** The words for a locale such as `fr-FR`; English for every language without its own. */
export function words(locale) {
  return locale?.startsWith("fr") ? fr : en;
}

/** What came in every language, for a locale. */
export function own(said, locale) {
  return said?.[locale?.startsWith("fr") ? "fr" : "en"] ?? "";
}
