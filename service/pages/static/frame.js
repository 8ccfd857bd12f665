/** What every page does: on a shared computer, signing out leaves no citizen's words behind. */
import { byId } from "./dom.js";
import { dropAllDrafts } from "./drafts.js";

byId("leave")?.addEventListener("submit", dropAllDrafts);
